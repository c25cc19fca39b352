"""Writes row seals automatically before each flush, so that no operation can forget one.

An account's seal contains the id of the entry about its change: the flush reserves the id, and
``log.record`` gives it to the entry about that account. A transaction that reserved an id
without writing that entry does not commit.
"""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session

from webui.history.record.actions import Action
from webui.models import Authenticator, Passkey, Tenant, User
from webui.models.audit import SEALING_ACTIONS
from webui.models.seals import user_seals

SEALED_FACTORS = (Authenticator, Passkey)
# The columns of a factor that its digest covers; the others are counters and a name.
_DESCRIBED = ("user_id", "credential_id", "public_key")
_RESERVED, _VOUCHED = "audit_reserved_entries", "audit_vouched_accounts"


class NotSealing(Exception):
    """A change of an account was recorded with an action outside SEALING_ACTIONS."""


def install_sealing(session_factory: Any) -> None:
    """Attaches the event listeners to a session class or factory."""
    event.listen(session_factory, "before_flush", _seal)
    for name in ("after_rollback", "after_commit"):
        event.listen(session_factory, name, _forget)


def reserved(session: Session) -> dict[UUID, UUID]:
    """Returns account id -> reserved id of the entry that this transaction must still write."""
    found: dict[UUID, UUID] = session.info.setdefault(_RESERVED, {})
    return found


def vouch(session: Session, user: User) -> None:
    """Lets this transaction seal an account that does not match its seal.

    Only for :mod:`webui.users.resealing`, which removes everything that gives access and writes
    an entry of its own action.
    """
    _vouched(session).add(user.id)


def _vouched(session: Session) -> set[UUID]:
    found: set[UUID] = session.info.setdefault(_VOUCHED, set())
    return found


def entry_for(session: Session, action: Action, subject: User | None) -> UUID:
    """Flushes and returns the id for an entry about an account. Raises NotSealing.

    A sealing action renews the seal even when no value differs, because the row must contain
    the id of the newest such entry.
    """
    seals = subject is not None and action in SEALING_ACTIONS
    if seals and subject.id not in reserved(session):  # type: ignore[union-attr]
        subject.seal_entry = uuid4()  # type: ignore[union-attr]
    session.flush()
    if subject is None:
        return uuid4()
    entry = reserved(session).pop(subject.id, None)
    vouched = subject.id in _vouched(session) and action is not Action.USER_RESEALED
    if vouched or (entry is not None and not seals):
        raise NotSealing(f"{action} is not an action that seals an account")
    return entry or uuid4()


def _seal(session: Session, _context: Any, _instances: Any) -> None:
    for row in session.new | session.dirty:
        if isinstance(row, Tenant) and session.is_modified(row):
            row.renew_seal()
    factors = _changed_factors(session)
    for user in _changed_users(session, set(factors)):
        entry = reserved(session).setdefault(user.id, uuid4())
        anew = user.id in _vouched(session)
        user_seals.renew(user, entry, factors.get(user.id, []), anew=anew)


def _changed_factors(session: Session) -> dict[UUID, list[tuple[Any, bool]]]:
    """Returns account id -> its added, deleted or changed factors, each with whether it stays."""
    found: dict[UUID, list[tuple[Any, bool]]] = {}
    for row in session.new | session.dirty | session.deleted:
        if isinstance(row, SEALED_FACTORS) and _is_other(session, row, _DESCRIBED):
            found.setdefault(row.user_id, []).append((row, row not in session.deleted))
    return found


def _changed_users(session: Session, of_factors: set[UUID]) -> list[User]:
    users = [row for row in session.new | session.dirty if isinstance(row, User)]
    changed = [user for user in users if _is_other(session, user, user_seals.FACTS)]
    known = {user.id for user in changed}
    return changed + [session.get_one(User, one) for one in of_factors - known]


def _is_other(session: Session, row: Any, names: tuple[str, ...]) -> bool:
    if row in session.new or row in session.deleted:
        return True
    attributes = inspect(row).attrs
    return any(attributes[n].history.has_changes() for n in names if n in attributes)


def _forget(session: Session) -> None:
    session.info.pop(_RESERVED, None)
    session.info.pop(_VOUCHED, None)
