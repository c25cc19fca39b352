"""Edit conflicts: what other people changed in a section since a form was rendered (DESIGN 6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from webui.core.catalogue import FIELDS
from webui.core.extensions import db
from webui.core.field_types import Secret
from webui.crypto.keyring import SecretError
from webui.history.query import history
from webui.history.record import bodies
from webui.history.record.log import open_sealed
from webui.models import AuditEntry, AuditField, AuditSealed, Tenant
from webui.models.columns import Audited
from webui.models.tenant.tenant import UNREADABLE, audit_kind


@dataclass(frozen=True)
class ConcurrentChange:
    """A field that other people changed: value now, value at the form's version, latest entry."""

    field: str
    now: Any
    before: Any
    entry: AuditEntry

    @property
    def secret(self) -> bool:
        """Whether the values must stay hidden and only the fact of the change may be shown."""
        return isinstance(FIELDS[self.field], Secret)


class Conflict(Exception):
    """Other people changed fields of the section after the form's version; nothing was written."""

    def __init__(self, version: int, theirs: dict[str, ConcurrentChange]) -> None:
        super().__init__(f"{len(theirs)} field(s) changed since the form was made")
        self.version = version
        self.theirs = theirs

    @property
    def latest(self) -> AuditEntry:
        """The newest entry that caused the conflict."""
        return max((t.entry for t in self.theirs.values()), key=lambda entry: entry.seq)


def check_conflict(tenant: Tenant, fields: Sequence[str], version: int | None) -> None:
    """Raises Conflict when an entry newer than ``version`` changed one of the fields.

    None for ``version`` is no conflict: the last write wins.
    """
    if version is None or version == tenant.version:
        return
    made_from = history.at_version(tenant.id, version)
    since = made_from.seq if made_from else 0
    theirs = {
        name: _concurrent_change(tenant, name, first, last)
        for name, first, last in _changed_since(tenant, fields, since)
    }
    if theirs:
        raise Conflict(tenant.version, theirs)


def _changed_since(tenant: Tenant, fields: Sequence[str], since: int) -> list[tuple[str, int, int]]:
    """Returns (field, first entry, last entry) of each field that changed after ``since``."""
    query = (
        select(AuditField.field, func.min(AuditField.seq), func.max(AuditField.seq))
        .where(
            AuditField.tenant_id == tenant.id,
            AuditField.field.in_(fields),
            AuditField.seq > since,
        )
        .group_by(AuditField.field)
    )
    return [(name, first, last) for name, first, last in db.session.execute(query)]


def _concurrent_change(tenant: Tenant, name: str, first: int, last: int) -> ConcurrentChange:
    """Returns the change of one field; ``before`` is the old side of its first change."""
    entries = {seq: db.session.get_one(AuditEntry, seq) for seq in {first, last}}
    old, _ = bodies.read_body(entries[first].body)["changes"].get(name, [UNREADABLE, None])
    if audit_kind(name) is Audited.SEALED and old is not None:
        # An entry stores the text "unreadable" for a value that could not be decrypted at that
        # time.
        old = _decrypt_old(entries[first], name) if isinstance(old, dict) else UNREADABLE
    secret = isinstance(FIELDS[name], Secret)
    return ConcurrentChange(name, None if secret else tenant.readable(name), old, entries[last])


def _decrypt_old(entry: AuditEntry, name: str) -> Any:
    row = db.session.get(AuditSealed, (entry.id, name, "old"))
    try:
        return UNREADABLE if row is None else open_sealed(row)
    except SecretError:
        return UNREADABLE
