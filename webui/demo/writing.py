"""Steps into the database: entries, their extracts, tenants, accounts and usage.

The same functions make an entry here and in the product (webui.audit.log); what differs is
that many rows go into one statement.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

from webui.accounts.operations import creation
from webui.audit import chain, log
from webui.audit.actions import Outcome
from webui.demo.clock import WorkClock
from webui.demo.people import UNUSABLE_HASH
from webui.demo.story import Account, Step
from webui.demo.tenant_rows import TenantRows
from webui.extensions import db
from webui.models import AuditEntry, AuditField, AuditSealed, TenantUsage, User
from webui.models.tenant import Change, audit_kind

Row = dict[str, Any]


def write(steps: Sequence[Step], clock: WorkClock) -> None:
    """Writes the steps, which must be in the order of time, inside a write transaction."""
    rows = _Rows(log.lock_head())
    for step in steps:
        rows.add(step, clock.at(step.share))
    rows.insert(db.session.connection())


class _Rows:
    """The rows of one transaction. Entries are chained to ``head`` as they are added."""

    def __init__(self, head: log.Head) -> None:
        self.head = head
        self.entries: list[Row] = []
        self.fields: list[Row] = []
        self.sealed: list[Row] = []
        self.users: list[Row] = []
        self.usage: list[Row] = []
        self.tenants = TenantRows()

    def add(self, step: Step, at: datetime) -> None:
        """Adds what the step changes, and its entry."""
        at = max(at, self.head.at or at)
        changes = [
            Change(name, audit_kind(name), old, new) for name, (old, new) in step.changes.items()
        ]
        if step.account:
            user = _user(step.account, at)
            changes = creation(user)
            self.users.append(_row(user))
        if step.tenant:
            self.tenants.apply(step, at)
        for month in step.usage or ():
            self.usage.append({"tenant_id": step.tenant, **month._asdict()})
        self._add_entry(step, changes, at)

    def _add_entry(self, step: Step, changes: list[Change], at: datetime) -> None:
        sealed: list[AuditSealed] = []
        listed = {change.field: log._sides(change, step.id, sealed) for change in changes}
        if step.account:
            listed["user"] = [str(step.account.id), str(step.account.id)]
        body = _body(step, listed, at, self.head)
        entry = log.entry_of(body)
        self.entries.append(_row(entry))
        self.fields.extend(_field_rows(entry, listed))
        self.sealed.extend(_row(value) for value in sealed)
        self.head = log.Head(entry.seq, entry.hash, at)

    def insert(self, connection: Connection) -> None:
        """Writes everything, what is referred to first."""
        _insert(connection, AuditEntry, self.entries)
        _insert(connection, AuditField, self.fields)
        _insert(connection, AuditSealed, self.sealed)
        self.tenants.write(connection)
        _insert(connection, User, self.users)
        _insert(connection, TenantUsage, self.usage)


def _body(step: Step, listed: Row, at: datetime, head: log.Head) -> Row:
    """The entry as DESIGN 2.6 has it, as :func:`webui.audit.log.record` makes it."""
    request = str(step.request) if step.request else None
    actor = step.who.acting(step.source, request) if step.who else log.command_actor("demo")
    tenant = step.tenant and {"id": str(step.tenant), "name": step.name, "version": step.version}
    return {
        "v": chain.VERSION,
        "seq": head.seq + 1,
        "id": str(step.id),
        "at": chain.timestamp(at),
        "action": step.action.value,
        "outcome": Outcome.SUCCESS.value,
        "tenant": tenant,
        "actor": {"type": actor.type, "id": actor.id, "name": actor.name, "role": actor.role},
        "source": actor.source.value,
        "changes": listed,
        "reason": step.reason,
        "request": actor.request,
        "address": actor.address,
        "agent": actor.agent,
        "prev": head.hash,
    }


def _field_rows(entry: AuditEntry, listed: Row) -> list[Row]:
    """As :func:`webui.audit.log.field_rows`, without a model object for each of millions."""
    return [{"seq": entry.seq, "field": name, "tenant_id": entry.tenant_id} for name in listed]


def _user(account: Account, at: datetime) -> User:
    return User(
        id=account.id,
        username=account.username,
        email=account.email,
        password_hash=UNUSABLE_HASH,
        role=account.role,
        tenant_id=account.tenant,
        created_at=at,
        updated_at=at,
    )


def _row(thing: object) -> Row:
    """The values of a model object that no session knows, by attribute."""
    return {name: value for name, value in vars(thing).items() if name != "_sa_instance_state"}


def _insert(connection: Connection, model: Any, rows: Iterable[Row]) -> None:
    if rows:
        connection.execute(insert(model.__table__), list(rows))
