"""The guard against forgotten entries: the session refuses changes without a history entry.

It writes nothing. Changed accounts, second factors and API tokens need an entry about the account
in the same transaction. Bulk UPDATE and DELETE on audited tables are refused, because they bypass
both versions and entries. Tenants are guarded by triggers (webui/models/triggers/tenants.py).
"""

from typing import Any

from sqlalchemy import event, inspect
from sqlalchemy.orm import InstanceState, ORMExecuteState, Session

from webui.core.extensions import Base
from webui.history.record import sealing
from webui.models import (
    ApiToken,
    AuditCheckpoint,
    AuditEntry,
    AuditField,
    AuditSealed,
    AuditWord,
    Authenticator,
    Passkey,
    RecoveryCode,
    Tenant,
    User,
)
from webui.models.columns import Audited

FACTORS = (Authenticator, RecoveryCode, Passkey)
# Rows that belong to an account: a change of one needs an entry about the account.
OF_ACCOUNTS = (*FACTORS, ApiToken)
AUDITED_TABLES = (
    Tenant,
    User,
    AuditEntry,
    AuditField,
    AuditSealed,
    AuditWord,
    AuditCheckpoint,
    *OF_ACCOUNTS,
)
_AUDITED_NAMES = {model.__tablename__ for model in AUDITED_TABLES}
# The execution option of the only exception: rotation re-encrypts the same values (DESIGN 5).
REKEYING = "webui_rekeying"
_CHANGED, _RECORDED = "audit_changed_users", "audit_recorded_users"


class Unaudited(Exception):
    """Audited data was changed without a history entry; the transaction is not committed."""


def mark_recorded(session: Session, subject: User | None) -> None:
    """Notes that this transaction contains an entry about the account."""
    if subject is not None:
        session.info.setdefault(_RECORDED, set()).add(subject.id)


def install_guard(session_factory: Any) -> None:
    """Attaches the guard to a session class or factory."""
    sealing.install_sealing(session_factory)
    event.listen(session_factory, "after_flush", _collect_changed)
    event.listen(session_factory, "before_commit", _refuse_unrecorded)
    event.listen(session_factory, "after_rollback", _forget)
    event.listen(session_factory, "after_commit", _forget)
    event.listen(session_factory, "do_orm_execute", _refuse_bulk)


def _collect_changed(session: Session, _context: Any) -> None:
    changed = session.info.setdefault(_CHANGED, set())
    for row in session.new | session.dirty | session.deleted:
        if not isinstance(row, (User, *OF_ACCOUNTS)):
            continue
        if row in session.new or row in session.deleted or _changed_columns(row):
            changed.add(row.id if isinstance(row, User) else row.user_id)
    if any(isinstance(x, User | Tenant) for x in session.deleted):
        raise Unaudited("accounts and tenants are never deleted")


def _changed_columns(row: Base) -> list[str]:
    state: InstanceState[Base] = inspect(row)
    return [
        column.key
        for column in state.mapper.column_attrs
        if column.columns[0].info["audit"] is not Audited.DERIVED
        and state.attrs[column.key].history.has_changes()
    ]


def _refuse_unrecorded(session: Session) -> None:
    session.flush()
    missing = session.info.get(_CHANGED, set()) - session.info.get(_RECORDED, set())
    missing |= sealing.reserved(session).keys()
    if missing:
        raise Unaudited(f"{len(missing)} changed account(s) without a history entry")


def _forget(session: Session) -> None:
    session.info.pop(_CHANGED, None)
    session.info.pop(_RECORDED, None)


def _refuse_bulk(state: ORMExecuteState) -> None:
    table = getattr(state.statement, "table", None)
    name = getattr(table, "name", None)
    changes_rows = (state.is_update or state.is_delete) and name in _AUDITED_NAMES
    if state.is_update and state.execution_options.get(REKEYING):
        return
    # Inserts of tenants and entries are allowed: the database's triggers check them.
    of_accounts = {model.__tablename__ for model in (User, *OF_ACCOUNTS)}
    if changes_rows or (state.is_insert and name in of_accounts):
        raise Unaudited(f"bulk changes of {name} bypass the history")
