"""Finding entries: one page, newest first, after examining a bounded number of them.

Every filter has an index that gives its entries in the chain's order (a *stream*). One stream
leads, and the other filters judge what it brings, up to EXAMINED entries; then the page says
how far back it looked and leads on. The stream that ends soonest leads, so a filter that few
entries pass is answered in full at once, whatever it is combined with.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true, union

from webui.audit.actors import KINDS
from webui.audit.filters import Filters
from webui.extensions import db
from webui.models import AuditEntry, AuditField, AuditWord
from webui.paging import Keyset

PAGE_SIZE = 50
EXAMINED = 2_000
"""Entries that one request looks at, at most."""
_MOST_BRANCHES = 20
NEWEST_FIRST = Keyset("history", (AuditEntry.seq,), descending=True)


@dataclass(frozen=True)
class Found:
    """A page of entries; ``after`` and ``before`` lead on, None at an end.

    ``searched_to``: the time of the last entry that was examined, when the page ends there
    and not where the history does.
    """

    entries: list[AuditEntry]
    after: str | None
    before: str | None
    searched_to: datetime | None = None


NOTHING = Found([], None, None)


@dataclass(frozen=True)
class _Stream:
    """Entries in the chain's order along an index: ``seq`` where any of ``values`` holds."""

    covers: str
    seq: Any
    values: Sequence[ColumnElement[bool]]


@dataclass(frozen=True)
class _Walk:
    """From where to where, in which direction."""

    low: int | None
    high: int | None
    newer: bool

    def seqs(self, stream: _Stream, limit: int) -> Select[Any]:
        """The stream's next entries, in order of walking."""
        branches = [self._branch(stream.seq, value, limit) for value in stream.values]
        if len(branches) == 1:
            return branches[0]
        both = union(*(select(branch.subquery().c.seq) for branch in branches)).subquery()
        return select(both.c.seq).order_by(self.order(both.c.seq)).limit(limit)

    def order(self, seq: Any) -> Any:
        """The direction as an ordering."""
        return seq.asc() if self.newer else seq.desc()

    def _branch(self, seq: Any, value: ColumnElement[bool], limit: int) -> Select[Any]:
        query = select(seq.label("seq")).where(value)
        if self.low is not None:
            query = query.where(seq >= self.low)
        if self.high is not None:
            query = query.where(seq <= self.high)
        return query.order_by(self.order(seq)).limit(limit)


def find(
    filters: Filters,
    after: str | None = None,
    before: str | None = None,
    size: int | None = None,
) -> Found:
    """One page. ``before`` wins over ``after``. Raises paging.BadCursor."""
    size = size or PAGE_SIZE
    cursor = before if before is not None else after
    here = None if cursor is None else NEWEST_FIRST.decode(cursor)[0]
    walk = _walk(filters, here, newer=before is not None)
    if walk is None:
        return NOTHING
    seqs, end = _passing(filters, walk, size + 1)
    more, seqs = len(seqs) > size, seqs[:size]
    if more:
        end = None
    entries = _load(seqs)
    # The way back from an empty page is the cursor that led here, and what stands at it.
    first, last = (entries[0].seq, entries[-1].seq) if entries else (0, 0)
    onward, backward = (first, last) if walk.newer else (last, first)
    if not entries and here is not None:
        backward = here + 1 if walk.newer else max(here - 1, 0)
    on = NEWEST_FIRST.encode([end or onward]) if more or end else None
    back = NEWEST_FIRST.encode([backward]) if here is not None else None
    searched_to = db.session.get_one(AuditEntry, end).at if end else None
    pair = (back, on) if walk.newer else (on, back)
    return Found(entries, *pair, searched_to)


def every(filters: Filters, head: int) -> tuple[int, Select[int, str, str]] | None:
    """The first number, and numbers, bodies and hashes of all entries up to ``head`` that pass.

    None for none. Who reads on bounds the query below: with two bounds SQLite may walk from
    the lower one each time.

    In the chain's order. Entries never change, so however it is read, in pieces or at once,
    the answer is the same.
    """
    walk = _walk(filters, None, newer=True)
    if walk is None:
        return None
    high = head if walk.high is None else min(walk.high, head)
    query = select(AuditEntry.seq, AuditEntry.body, AuditEntry.hash)
    query = query.where(AuditEntry.seq <= high)
    return walk.low or 1, query.where(*(condition for _, condition in _conditions(filters)))


def _walk(filters: Filters, here: int | None, newer: bool) -> _Walk | None:
    """The range to walk: by the cursor, and by the times as numbers; None when it is empty.

    Order by number is order by time (DESIGN 2.6), so a time is a number.
    """
    low, high = _first_since(filters.since), _last_until(filters.until)
    if (filters.since and low is None) or (filters.until and high is None):
        return None
    if here is not None and newer:
        low = max(here + 1, low or 0)
    elif here is not None:
        high = here - 1 if high is None else min(here - 1, high)
    return _Walk(low, high, newer)


def _first_since(at: datetime | None) -> int | None:
    if at is None:
        return None
    query = select(AuditEntry.seq).where(AuditEntry.at >= at)
    return db.session.scalars(query.order_by(AuditEntry.at, AuditEntry.seq).limit(1)).first()


def _last_until(at: datetime | None) -> int | None:
    if at is None:
        return None
    query = select(AuditEntry.seq).where(AuditEntry.at <= at)
    order = (AuditEntry.at.desc(), AuditEntry.seq.desc())
    return db.session.scalars(query.order_by(*order).limit(1)).first()


def _passing(filters: Filters, walk: _Walk, wanted: int) -> tuple[list[int], int | None]:
    """The numbers that pass every filter, and the last one examined if that is not the end."""
    streams = _streams(filters)
    stream = _leading(streams, walk) if len(streams) > 1 else streams[0]
    judges = [condition for name, condition in _conditions(filters) if name != stream.covers]
    if not judges:
        return list(db.session.scalars(walk.seqs(stream, wanted))), None
    examined = walk.seqs(stream, EXAMINED).subquery()
    query = select(examined.c.seq).join(AuditEntry, AuditEntry.seq == examined.c.seq)
    query = query.where(*judges).order_by(walk.order(examined.c.seq)).limit(wanted)
    seqs = list(db.session.scalars(query))
    if len(seqs) == wanted:
        return seqs, None
    furthest = func.max(examined.c.seq) if walk.newer else func.min(examined.c.seq)
    count, end = db.session.execute(select(func.count(), furthest).select_from(examined)).one()
    return seqs, end if count == EXAMINED else None


def _leading(streams: Sequence[_Stream], walk: _Walk) -> _Stream:
    """The first stream that ends within EXAMINED entries; the first of all when none does."""
    for stream in streams:
        part = walk.seqs(stream, EXAMINED).subquery()
        if db.session.scalars(select(func.count()).select_from(part)).one() < EXAMINED:
            return stream
    return streams[0]


def _load(seqs: Sequence[int]) -> list[AuditEntry]:
    query = select(AuditEntry).where(AuditEntry.seq.in_(seqs)).order_by(AuditEntry.seq.desc())
    return list(db.session.scalars(query)) if seqs else []


def _streams(filters: Filters) -> list[_Stream]:
    """A stream for each filter, those that few entries pass as a rule first."""
    streams = [
        _plain("request", AuditEntry.request, filters.request),
        _plain("tenant", AuditEntry.tenant_id, filters.tenant),
        *(_Stream(f"word {w}", AuditWord.seq, [AuditWord.word == w]) for w in filters.words),
        _actors(filters.actor),
        _plain("address", AuditEntry.address, filters.address),
        _plain("action", AuditEntry.action, filters.action),
        _Stream("field", AuditField.seq, [AuditField.field == f for f in filters.field]),
        _plain("outcome", AuditEntry.outcome, filters.outcome),
        _plain("source", AuditEntry.source, filters.source),
    ]
    if filters.field and 0 < len(filters.tenant) * len(filters.field) <= _MOST_BRANCHES:
        pairs = [
            and_(AuditField.tenant_id == t, AuditField.field == f)
            for t in filters.tenant
            for f in filters.field
        ]
        streams.insert(1, _Stream("field", AuditField.seq, pairs))
    return [s for s in streams if s.values] or [_Stream("", AuditEntry.seq, [true()])]


def _plain(name: str, column: Any, values: Sequence[Any]) -> _Stream:
    return _Stream(name, AuditEntry.seq, [column == value for value in values])


def _actors(values: Sequence[str]) -> _Stream:
    """People by their id; the machine's own entries are those without one, judged afterwards."""
    ids = [value for value in values if value not in KINDS]
    conditions: list[ColumnElement[bool]] = [AuditEntry.actor_id == value for value in ids]
    machine = len(ids) < len(values)
    if machine:
        conditions.append(AuditEntry.actor_id.is_(None))
    return _Stream("" if machine else "actor", AuditEntry.seq, conditions)


def _conditions(filters: Filters) -> list[tuple[str, ColumnElement[bool]]]:
    """(what it judges, condition on an entry) of every filter but the times."""
    one_of = {
        "request": (AuditEntry.request, filters.request),
        "tenant": (AuditEntry.tenant_id, filters.tenant),
        "address": (AuditEntry.address, filters.address),
        "action": (AuditEntry.action, filters.action),
        "outcome": (AuditEntry.outcome, filters.outcome),
        "source": (AuditEntry.source, filters.source),
    }
    found: list[tuple[str, ColumnElement[bool]]] = [
        (name, column.in_(values)) for name, (column, values) in one_of.items() if values
    ]
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
