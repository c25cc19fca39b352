"""The filters of the history as SQL: streams of entries, and conditions on an entry.

A *stream* is the entries that match one filter, in the order of the chain, read from an index.
For readers of the whole history, the entries of a tenant include denied attempts to open it. Such
an entry has no tenant, so that owners never read about other people's attempts; it contains the
requested id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, literal_column, or_, select, true

from webui.core.extensions import db
from webui.history.query.actors import KINDS
from webui.history.query.filters import Filters
from webui.history.record.actions import Action
from webui.models import AuditEntry, AuditField, AuditWord, DeniedObject

_MOST_BRANCHES = 20
# A literal as in the partial index over denied objects; a parameter would not use the index.
_DENIED = AuditEntry.action == literal_column(f"'{Action.ACCESS_DENIED}'")
_FIELDS_OF_DENIALS = {"page", "answer", "object"}


@dataclass(frozen=True)
class Stream:
    """Entries from an index: the column ``seq`` of rows that match one of ``values``.

    ``covers``: the filter that needs no further check.
    """

    covers: str
    seq: Any
    values: Sequence[ColumnElement[bool]]


def streams(filters: Filters, denials: bool) -> list[Stream]:
    """Returns a stream for each filter, those that usually match few entries first.

    With ``denials`` the entries of a tenant include denied attempts to open it.
    """
    found = [
        _plain("request", AuditEntry.request, filters.request),
        Stream("tenant", AuditEntry.seq, _of_tenants(filters.tenant, denials)),
        *(Stream(f"word {w}", AuditWord.seq, [AuditWord.word == w]) for w in filters.words),
        _actors(filters.actor),
        _plain("address", AuditEntry.address, filters.address),
        _plain("action", AuditEntry.action, filters.action),
        Stream("field", AuditField.seq, [AuditField.field == f for f in filters.field]),
        _plain("outcome", AuditEntry.outcome, filters.outcome),
        _plain("source", AuditEntry.source, filters.source),
    ]
    listed = not (denials and _FIELDS_OF_DENIALS.intersection(filters.field))
    if filters.field and listed and 0 < len(filters.tenant) * len(filters.field) <= _MOST_BRANCHES:
        pairs = [
            and_(AuditField.tenant_id == t, AuditField.field == f)
            for t in filters.tenant
            for f in filters.field
        ]
        found.insert(1, Stream("field", AuditField.seq, pairs))
    return [s for s in found if s.values] or [Stream("", AuditEntry.seq, [true()])]


def _plain(name: str, column: Any, values: Sequence[Any]) -> Stream:
    return Stream(name, AuditEntry.seq, [column == value for value in values])


def has_denials(filters: Filters) -> bool:
    """Whether denied attempts at the tenants exist: rarely, and including them makes it slower."""
    query = select(AuditEntry.seq).limit(1)
    return any(db.session.scalar(query.where(_denied(tenant))) for tenant in filters.tenant)


def _denied(tenant: UUID) -> ColumnElement[bool]:
    return _DENIED & (DeniedObject() == str(tenant))


def _of_tenants(tenants: Sequence[UUID], denials: bool) -> list[ColumnElement[bool]]:
    own: list[ColumnElement[bool]] = [AuditEntry.tenant_id == tenant for tenant in tenants]
    return [*own, *map(_denied, tenants)] if denials else own


def _actors(values: Sequence[str]) -> Stream:
    """Returns the stream of actors: people by id; kinds as "no id", checked by conditions later."""
    ids = [value for value in values if value not in KINDS]
    conditions: list[ColumnElement[bool]] = [AuditEntry.actor_id == value for value in ids]
    machine = len(ids) < len(values)
    if machine:
        conditions.append(AuditEntry.actor_id.is_(None))
    return Stream("" if machine else "actor", AuditEntry.seq, conditions)


def conditions(filters: Filters, denials: bool) -> list[tuple[str, ColumnElement[bool]]]:
    """Returns (filter, condition on an entry) for every filter except the times."""
    one_of = {
        "request": (AuditEntry.request, filters.request),
        "address": (AuditEntry.address, filters.address),
        "action": (AuditEntry.action, filters.action),
        "outcome": (AuditEntry.outcome, filters.outcome),
        "source": (AuditEntry.source, filters.source),
    }
    found: list[tuple[str, ColumnElement[bool]]] = [
        (name, column.in_(values)) for name, (column, values) in one_of.items() if values
    ]
    if filters.tenant:
        found.append(("tenant", or_(*_of_tenants(filters.tenant, denials))))
    if filters.actor:
        kinds = AuditEntry.actor_id.is_(None) & AuditEntry.actor_type.in_(filters.actor)
        found.append(("actor", or_(AuditEntry.actor_id.in_(filters.actor), kinds)))
    if filters.field:
        here = (AuditField.seq == AuditEntry.seq) & AuditField.field.in_(filters.field)
        found.append(("field", exists().where(here)))
    for word in filters.words:
        here = (AuditWord.seq == AuditEntry.seq) & (AuditWord.word == word)
        found.append((f"word {word}", exists().where(here)))
    return found
