"""Reading the history for pages: entries as rows, limited to what the reader may see."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import Select, bindparam, func, literal, select, union_all

from webui.core.extensions import db, read
from webui.core.permissions import STAFF, Permission, may
from webui.history.narrative import sentences
from webui.history.narrative.fragments import Part
from webui.history.query import diff, find, undoable
from webui.history.query.entry_protocol import COLUMNS, Entry
from webui.history.query.filters import Filters
from webui.history.query.find import Found
from webui.history.query.readers import readers
from webui.history.record import bodies
from webui.history.record.actions import SOURCE_LABELS, owner_actions
from webui.history.record.actor import ACCOUNT_TYPES
from webui.models import AuditEntry, AuditField, Delivery
from webui.web.paging import Page
from webui.web.urls import url_pattern

CARD_SIZE = 20
"""The number of entries in the table of a tenant's page."""
FIELD_SIZE = 5
"""The number of changes that are shown beside a field."""
_FEW = 50
SUPPORT_TEAM = "Support team"
# The name of an actor that has none.
_KINDS = {"cli": "Command", "system": "System", "token": "API token", "user": "Somebody"}
_SOURCES = {source.value: label for source, label in SOURCE_LABELS.items()}

# Statements are built once, and return rows instead of objects: building statements and objects
# would take most of the time of a page of the history.
_FIELDS = AuditField.__table__.c
_ENTRIES = AuditEntry.__table__.c
_OF_TENANT = select(*COLUMNS).where(_ENTRIES.tenant_id == bindparam("tenant_id"))
_NEWEST = _OF_TENANT.order_by(_ENTRIES.seq.desc()).limit(bindparam("most"))
_NEWEST_FOR_OWNERS = _NEWEST.where(_ENTRIES.action.in_(owner_actions()))
_AT_VERSION = _OF_TENANT.where(_ENTRIES.tenant_version == bindparam("version"))
_BY_ID = _OF_TENANT.where(_ENTRIES.id == bindparam("entry"))
_AFTER_VERSION = _NEWEST.where(_ENTRIES.tenant_version > bindparam("version"))
_FIELD_OF_TENANT = (
    _FIELDS.tenant_id == bindparam("tenant_id"),
    _FIELDS.field.in_(bindparam("fields", expanding=True)),
)
_CHANGES = (
    select(*COLUMNS)
    .where(_ENTRIES.seq.in_(select(_FIELDS.seq).where(*_FIELD_OF_TENANT)))
    .order_by(_ENTRIES.seq.desc())
    .limit(bindparam("most"))
)


class Row(NamedTuple):
    """A row of the history table for this reader.

    ``role`` and ``address`` are shown below the name. ``tenant``: (id, name at that time).
    ``long``: changes with values too long for the sentence. ``undo_url``: the page to undo the
    entry, or None when the reader cannot.
    """

    id: UUID
    url: str
    at: datetime
    who: str
    role: str | None
    address: str | None
    tenant: tuple[str, str] | None
    outcome: str
    parts: list[Part]
    long: list[diff.Pair]
    reason: str | None
    source: str
    undo_url: str | None


def tenant_page(tenant_id: UUID, after: str | None = None) -> Page[Row]:
    """Returns CARD_SIZE entries of a tenant, newest first. Raises paging.BadCursor."""
    if after is None:
        return page_of(newest_entries(tenant_id))
    return page_of(find.find_entries(Filters(tenant=(tenant_id,)), after, size=CARD_SIZE))


def newest_entries(tenant_id: UUID) -> Found:
    """Returns what :func:`find.find_entries` returns for a tenant's first page, by one query."""
    query = _NEWEST if may(Permission.SEE_STAFF) else _NEWEST_FOR_OWNERS
    entries = _entries(query, tenant_id=tenant_id, most=CARD_SIZE + 1)
    more, entries = len(entries) > CARD_SIZE, entries[:CARD_SIZE]
    return Found(entries, find.NEWEST_FIRST.encode([entries[-1].seq]) if more else None, None)


def _entries(query: Select[Any], **values: Any) -> list[Any]:
    """Runs a query of entries and returns its rows."""
    return list(read(query, values))


def page_of(found: Found) -> Page[Row]:
    """Returns the found entries as a page of rows."""
    return Page(history_rows(found.entries), found.after, found.before)


def of_field(tenant_id: UUID, name: str) -> tuple[list[tuple[Row, diff.Pair]], bool]:
    """Returns a field's last changes as (row, change), newest first, and whether more exist."""
    found = find.find_entries(Filters(tenant=(tenant_id,), field=(name,)), size=FIELD_SIZE)
    opened = readers(found.entries)
    changes = [
        (row, diff.pair_in(bodies.read_body(entry.body), name, reader))
        for entry, row, reader in zip(
            found.entries, history_rows(found.entries, opened), opened, strict=True
        )
    ]
    return changes, found.after is not None


def history_rows(
    entries: Sequence[Entry], opened: Sequence[sentences.Reader] | None = None
) -> list[Row]:
    """Returns the entries as rows for this reader; ``opened``: their Readers, if known already."""
    url, undo_url = url_pattern("audit.entry", "entry_id"), undo_links()
    found = []
    for entry, reader in zip(entries, opened or readers(entries), strict=True):
        body = bodies.read_body(entry.body)
        found.append(_row(entry, body, reader, url(entry.id), undo_url(entry.id, body)))
    return found


def undo_links() -> Callable[[UUID, bodies.Body], str | None]:
    """Returns a function from an entry's id and body to where this reader can undo it, or None."""
    url, undoes = url_pattern("audit.revert", "entry_id"), may(Permission.REVERT)
    return lambda entry, body: url(entry) if undoes and undoable.is_undoable(body) else None


def who(entry: Entry | Delivery) -> str:
    """Returns the actor's name of an entry or a delivery, as this reader may see it."""
    return _who(entry, may(Permission.SEE_STAFF))


def _who(entry: Entry | Delivery, sees_staff: bool) -> str:
    if entry.actor_type in ACCOUNT_TYPES and entry.actor_role == "owner":
        return entry.actor_name or _KINDS["user"]
    if not sees_staff:
        return SUPPORT_TEAM
    return entry.actor_name or _KINDS.get(entry.actor_type, entry.actor_type)


def visible_reason(entry: Entry) -> str | None:
    """Returns the reason; None for readers who may not see what staff wrote."""
    return entry.reason if may(Permission.SEE_STAFF) else None


def latest_by_field(tenant_id: UUID, fields: Sequence[str]) -> dict[str, Entry]:
    """Returns field -> the newest entry that changed it, without fields that never changed."""
    found = _entries(_latest(tuple(fields)), tenant_id=tenant_id)
    return {row.field: row for row in found}


@lru_cache(maxsize=64)
def _latest(fields: tuple[str, ...]) -> Select[Any]:
    """Returns a query with one index lookup per field, independent of the number of changes."""
    newest = union_all(
        *(
            select(literal(name).label("field"), func.max(_FIELDS.seq).label("seq")).where(
                _FIELDS.tenant_id == bindparam("tenant_id"), _FIELDS.field == name
            )
            for name in fields
        )
    ).subquery()
    return select(newest.c.field, *COLUMNS).where(_ENTRIES.seq == newest.c.seq)


def changes_of(tenant_id: UUID, fields: Sequence[str], most: int) -> Iterator[Entry]:
    """Yields up to ``most`` entries that changed one of the fields, newest first, read lazily."""
    values = {"tenant_id": tenant_id, "fields": list(fields), "most": most}
    with read(_CHANGES, values) as found:
        yield from cast("Iterator[Entry]", found)


def changes_since(entry: AuditEntry, field: str) -> list[AuditEntry]:
    """Returns up to 50 later entries of the same tenant that list a field, oldest first."""
    seqs = select(AuditField.seq).where(
        AuditField.tenant_id == entry.tenant_id,
        AuditField.field == field,
        AuditField.seq > entry.seq,
    )
    query = select(AuditEntry).where(AuditEntry.seq.in_(seqs.order_by(AuditField.seq).limit(_FEW)))
    return list(db.session.scalars(query.order_by(AuditEntry.seq)))


def of_tenant(tenant_id: UUID, entry_id: UUID) -> Entry | None:
    """Returns an entry of the tenant by id, or None."""
    return next(iter(_entries(_BY_ID, tenant_id=tenant_id, entry=entry_id)), None)


def after_version(tenant_id: UUID, version: int) -> list[Entry]:
    """Returns the newest entries that changed a tenant after a version, newest first."""
    return _entries(_AFTER_VERSION, tenant_id=tenant_id, version=version, most=_FEW)


def at_version(tenant_id: UUID, version: int) -> Entry | None:
    """Returns the entry that made a version of the tenant, or None."""
    return next(iter(_entries(_AT_VERSION, tenant_id=tenant_id, version=version)), None)


def _row(
    entry: Entry, body: bodies.Body, reader: sentences.Reader, url: str, undo_url: str | None
) -> Row:
    sees_staff, tenant = reader.sees_staff, body["tenant"]
    return Row(
        id=entry.id,
        url=url,
        at=entry.at,
        who=_who(entry, sees_staff),
        role=entry.actor_role if sees_staff or entry.actor_role not in STAFF else None,
        address=entry.address if sees_staff else None,
        tenant=(tenant["id"], tenant["name"]) if tenant else None,
        outcome=entry.outcome,
        parts=sentences.sentence(body, reader),
        long=diff.long_ones(body, reader),
        reason=entry.reason if sees_staff else None,
        source=_SOURCES.get(entry.source, entry.source),
        undo_url=undo_url,
    )
