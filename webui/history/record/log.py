"""Writing history entries, in the transaction of the change, as its last step before commit."""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from webui import outbox
from webui.core.extensions import RECORDING, advisory_lock, db, read
from webui.history.record import chain, entry_rows
from webui.history.record.actions import Action, Effect, Outcome
from webui.history.record.actor import Actor
from webui.history.record.entry_rows import Row
from webui.history.record.guard import mark_recorded
from webui.history.record.sealing import entry_for
from webui.models import AuditEntry, AuditField, AuditSealed, AuditWord, Tenant, User
from webui.models.columns import Audited, now
from webui.models.tenant.tenant import Change, Unreadable

SALT_BYTES = 32
_CHAIN_LOCK = 0x7E4A_17C0
# Built once: an entry is written with every change, and building these statements takes longer
# than running them.
_HEAD = (
    select(AuditEntry.seq, AuditEntry.hash, AuditEntry.at).order_by(AuditEntry.seq.desc()).limit(1)
)
_ENTRY, _FIELDS, _WORDS, _SEALED = (
    insert(model.__table__)  # type: ignore[arg-type]
    for model in (AuditEntry, AuditField, AuditWord, AuditSealed)
)


def record(
    action: Action,
    actor: Actor,
    *,
    tenant: Tenant | None = None,
    changes: Sequence[Change] = (),
    reason: str | None = None,
    outcome: Outcome = Outcome.SUCCESS,
    subject: User | None = None,
) -> UUID:
    """Appends an entry to the chain and returns its id.

    ``tenant``: the tenant concerned. If the action changes it, the entry contains the new version.
    ``subject``: the account concerned; its id is added to the entry's changes. Call this inside a
    write transaction, after everything else: it flushes, and keeps the chain's lock until the
    commit.
    """
    # This flushes, which raises the version of a changed tenant for the entry.
    entry_id = entry_for(db.session(), action, subject)
    sealed: list[Row] = []
    listed = {c.field: sides(c, entry_id, sealed) for c in changes}
    if subject:
        listed["user"] = [str(subject.id), str(subject.id)]
        listed.setdefault("username", [subject.username, subject.username])
    changed = changes and action.effect is not Effect.NONE
    version = tenant.version if tenant and changed else None
    if tenant and version is not None and action.effect is Effect.CHANGE:
        outbox.queue_changes(tenant, listed, actor)
    head = lock_head()
    body = {
        **chain_place(head, entry_id, now()),
        "action": action.value,
        "outcome": outcome.value,
        "tenant": tenant and {"id": str(tenant.id), "name": tenant.name, "version": version},
        **origin(actor),
        "changes": listed,
        "reason": reason,
    }
    _append(body, sealed)
    mark_recorded(db.session(), subject)
    db.session.info[RECORDING] = True
    return entry_id


def _append(body: Row, sealed: list[Row]) -> None:
    connection = db.session.connection()
    connection.execute(_ENTRY, entry_rows.entry_row(body, chain.canonical(body)))
    extracts = {
        _FIELDS: entry_rows.field_rows(body),
        _WORDS: entry_rows.word_rows(body),
        _SEALED: sealed,
    }
    for statement, some in extracts.items():
        if some:
            connection.execute(statement, some)


def chain_place(head: "Head", entry_id: UUID, at: datetime) -> Row:
    """Returns the chain fields of the entry after ``head``; its time is never before head's."""
    return {
        "v": chain.VERSION,
        "seq": head.seq + 1,
        "id": str(entry_id),
        "at": chain.timestamp(head.not_before(at)),
        "prev": head.hash,
    }


def origin(actor: Actor) -> Row:
    """Returns the fields of an entry for who acted and from where."""
    return {
        "actor": {"type": actor.type, "id": actor.id, "name": actor.name, "role": actor.role},
        "source": actor.source.value,
        "request": actor.request,
        "address": actor.address,
        "agent": actor.agent,
    }


@dataclass(frozen=True)
class Head:
    """The newest entry of the chain; ``at`` is None while there is none."""

    seq: int
    hash: str
    at: datetime | None

    def not_before(self, at: datetime) -> datetime:
        """Returns the later of ``at`` and the entry's time, as clocks may be set back."""
        return max(at, self.at or at)


def lock_head() -> Head:
    """Takes the lock of the chain until the commit and returns the newest entry."""
    advisory_lock(_CHAIN_LOCK)
    return chain_head()


def chain_head() -> Head:
    """Returns the newest entry, without a lock; seq 0 when there is none."""
    row = read(_HEAD, {}).first()
    return Head(row.seq, row.hash, row.at) if row else Head(0, chain.GENESIS, None)


def sides(change: Change, entry_id: UUID, sealed: list[Row]) -> list[Any]:
    """Returns ``[old, new]`` for the entry; appends the rows of sealed values to ``sealed``."""
    if change.kind is Audited.PLAIN:
        return [_plain(change.old), _plain(change.new)]
    if change.kind is Audited.EVENT:
        word = "removed" if change.new is None else "replaced" if change.old is not None else "set"
        return [None if change.old is None else "set", word]
    if change.kind is not Audited.SEALED:
        raise ValueError(f"{change.field} is never written in an entry")
    pair = []
    for side, value in (("old", change.old), ("new", change.new)):
        pair.append(_seal(value, change.field, side, entry_id, sealed))
    return pair


def _plain(value: Any) -> Any:
    return chain.timestamp(value) if isinstance(value, datetime) else value


def _seal(
    value: Any, field: str, side: str, entry_id: UUID, sealed: list[Row]
) -> dict[str, str] | str | None:
    if value is None:
        return None
    if isinstance(value, Unreadable):
        return "unreadable"
    salt = secrets.token_bytes(SALT_BYTES)
    salted = f"{base64.urlsafe_b64encode(salt).decode()}.{value}"
    sealed.append(entry_rows.sealed_row(entry_id, field, side, salted))
    return {"sealed": chain.sealed_digest(salt, value)}


def open_sealed(row: AuditSealed) -> str | None:
    """Decrypts a sealed value of the history (an object or its columns); None when erased.

    Raises the errors of :func:`webui.crypto.fields.unseal`.
    """
    if row.value is None:
        return None
    return AuditSealed.salted.open(row.value, (row.entry, row.field, row.side)).partition(".")[2]
