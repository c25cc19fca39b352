"""Reading the history: pages of entries as rows for people, by what the reader may see."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import Select, bindparam, func, literal, select, union_all

from webui.core.extensions import db, read
from webui.core.permissions import STAFF, Permission, may
from webui.crypto.keyring import SecretError
from webui.history.narrative import sentences
from webui.history.narrative.fragments import Part
from webui.history.query import diff, find, undoable
from webui.history.query.entry_protocol import COLUMNS, Entry
from webui.history.query.filters import Filters
from webui.history.query.find import Found
from webui.history.record import bodies
from webui.history.record.actions import SOURCE_LABELS, owner_actions
from webui.history.record.log import open_sealed
from webui.models import AuditEntry, AuditField, AuditSealed, Delivery
from webui.web.paging import Page
from webui.web.urls import url_pattern

CARD_SIZE = 20
"""Entries in the table of a tenant's page."""
FIELD_SIZE = 5
"""Changes of one field, shown beside it."""
_FEW = 50
SUPPORT_TEAM = "Support team"
# How an actor that is no person is called when it has no name.
_KINDS = {"cli": "Command", "system": "System", "token": "API token", "user": "Somebody"}
_SOURCES = {source.value: label for source, label in SOURCE_LABELS.items()}

# Statements that are built once, and rows instead of objects: both are most of what reading
# a page of the history costs.
_FIELDS = AuditField.__table__.c
_ENTRIES = AuditEntry.__table__.c
_OF_TENANT = select(*COLUMNS).where(_ENTRIES.tenant_id == bindparam("tenant_id"))
_NEWEST = _OF_TENANT.order_by(_ENTRIES.seq.desc()).limit(bindparam("most"))
_NEWEST_FOR_OWNERS = _NEWEST.where(_ENTRIES.action.in_(owner_actions()))
_AT_VERSION = _OF_TENANT.where(_ENTRIES.tenant_version == bindparam("version"))
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
_VALUES = AuditSealed.__table__.c
_SEALED = select(_VALUES.entry, _VALUES.field, _VALUES.side, _VALUES.value).where(
    _VALUES.entry.in_(bindparam("entries", expanding=True))
)


class Row(NamedTuple):
    """An entry as the history table shows it to this reader.

    ``role`` and ``address`` are what stands below the name; ``tenant`` is (id, name as it
    was); ``long`` are the values too long for the sentence; ``undo_url`` where this person may
    undo it.
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
    """A few entries of a tenant, newest first. Raises paging.BadCursor."""
    if after is None:
        return page_of(newest_entries(tenant_id))
    return page_of(find.find_entries(Filters(tenant=(tenant_id,)), after, size=CARD_SIZE))


def newest_entries(tenant_id: UUID) -> Found:
    """What :func:`find.find` gives for the first page of a tenant, in one statement."""
    query = _NEWEST if may(Permission.SEE_STAFF) else _NEWEST_FOR_OWNERS
    entries = _entries(query, tenant_id=tenant_id, most=CARD_SIZE + 1)
    more, entries = len(entries) > CARD_SIZE, entries[:CARD_SIZE]
    return Found(entries, find.NEWEST_FIRST.encode([entries[-1].seq]) if more else None, None)


def _entries(query: Select[Any], **values: Any) -> list[Any]:
    """Rows with what pages ask of an entry."""
    return list(read(query, values))


def page_of(found: Found) -> Page[Row]:
    """What was found, as rows."""
    return Page(history_rows(found.entries), found.after, found.before)


def of_field(tenant_id: UUID, name: str) -> tuple[list[tuple[Row, diff.Pair]], bool]:
    """The last changes of a field as (row, values), newest first; whether there are more."""
    found = find.find_entries(Filters(tenant=(tenant_id,), field=(name,)), size=FIELD_SIZE)
    changes = [
        (row, diff.pair_in(bodies.read_body(entry.body), name, reader))
        for entry, row, reader in zip(
            found.entries, history_rows(found.entries), readers(found.entries), strict=True
        )
    ]
    return changes, found.after is not None


def history_rows(entries: Sequence[Entry]) -> list[Row]:
    """The entries as rows for this reader."""
    url, undo_url = (url_pattern(f"audit.{page}", "entry_id") for page in ("entry", "revert"))
    undoes = may(Permission.REVERT)
    found = []
    for entry, reader in zip(entries, readers(entries), strict=True):
        body = bodies.read_body(entry.body)
        undo = undo_url(entry.id) if undoes and undoable.is_undoable(body) else None
        found.append(_row(entry, body, reader, url(entry.id), undo))
    return found


def readers(entries: Sequence[Entry]) -> list[sentences.Reader]:
    """What this person may see of each entry; sealed values are opened only for who may."""
    alike = sentences.Reader(
        may(Permission.SEE_IDENTITIES), may(Permission.SEE_STAFF_FIELDS), may(Permission.SEE_STAFF)
    )
    opened = _opened(entries) if alike.sees_identities else {}
    return [
        replace(alike, opened=opened[entry.id]) if entry.id in opened else alike
        for entry in entries
    ]


def who(entry: Entry | Delivery) -> str:
    """The person of an entry or a delivery, as this reader may know them."""
    return _who(entry, may(Permission.SEE_STAFF))


def _who(entry: Entry | Delivery, sees_staff: bool) -> str:
    if entry.actor_type == "user" and entry.actor_role == "owner":
        return entry.actor_name or _KINDS["user"]
    if not sees_staff:
        return SUPPORT_TEAM
    return entry.actor_name or _KINDS.get(entry.actor_type, entry.actor_type)


def visible_reason(entry: Entry) -> str | None:
    """Why, for those who may see what colleagues wrote."""
    return entry.reason if may(Permission.SEE_STAFF) else None


def latest_by_field(tenant_id: UUID, fields: Sequence[str]) -> dict[str, Entry]:
    """Field -> the newest entry that changed it, for the fields that ever changed."""
    found = _entries(_latest(tuple(fields)), tenant_id=tenant_id)
    return {row.field: row for row in found}


@lru_cache(maxsize=64)
def _latest(fields: tuple[str, ...]) -> Select[Any]:
    """One look at the end of the index for each field, however often they changed."""
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
    """The newest entries that changed any of the fields, newest first, read as they are asked."""
    values = {"tenant_id": tenant_id, "fields": list(fields), "most": most}
    with read(_CHANGES, values) as found:
        yield from cast("Iterator[Entry]", found)


def changes_since(entry: AuditEntry, field: str) -> list[AuditEntry]:
    """Some entries of the same tenant after an entry that list a field, oldest first."""
    seqs = select(AuditField.seq).where(
        AuditField.tenant_id == entry.tenant_id,
        AuditField.field == field,
        AuditField.seq > entry.seq,
    )
    query = select(AuditEntry).where(AuditEntry.seq.in_(seqs.order_by(AuditField.seq).limit(_FEW)))
    return list(db.session.scalars(query.order_by(AuditEntry.seq)))


def at_version(tenant_id: UUID, version: int) -> Entry | None:
    """The entry that brought the tenant to a version."""
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


def _opened(entries: Sequence[Entry]) -> dict[UUID, dict[tuple[str, str], str]]:
    """Entry -> its sealed values in plain, "erased" or "cannot be read"."""
    ids = [entry.id for entry in entries if '"sealed"' in entry.body]
    result: dict[UUID, dict[tuple[str, str], str]] = defaultdict(dict)
    if not ids:
        return result
    values: Any = read(_SEALED, {"entries": ids})
    for row in values:
        try:
            value = open_sealed(row)
        except SecretError:
            value = sentences.UNREADABLE
        result[row.entry][row.field, row.side] = sentences.ERASED if value is None else value
    return result
