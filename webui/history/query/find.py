"""Searching entries: returns one page, newest first, and examines a bounded number of entries.

Every filter has an index that returns its entries in the order of the chain (a *stream*). One
stream leads: the other filters are checked on its entries, up to EXAMINED of them; then the page
says how far back it searched, with a link to continue. The first stream that is short enough
leads, so a filter that few entries match gets its complete result at once in any combination.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import has_request_context
from sqlalchemy import ColumnElement, Select, func, select, true, union

from webui.core.extensions import db
from webui.core.permissions import Permission, may
from webui.history.query.entry_protocol import Entry
from webui.history.query.filters import Filters
from webui.history.query.streams import Stream, conditions, has_denials, streams
from webui.history.record.actions import owner_actions
from webui.models import AuditEntry
from webui.web.paging import PAGE_SIZE, Keyset

EXAMINED = 2_000
"""The most entries that one request examines."""
_FOR_OWNERS = frozenset(owner_actions())
NEWEST_FIRST = Keyset("history", (AuditEntry.seq,), descending=True)


@dataclass(frozen=True)
class Found:
    """A page of entries; ``after`` and ``before`` are cursors, None at an end.

    ``searched_to``: the time of the last examined entry, when the search stopped before the end
    of the history.
    """

    entries: Sequence[Entry]
    after: str | None
    before: str | None
    searched_to: datetime | None = None


NOTHING = Found([], None, None)


@dataclass(frozen=True)
class _Walk:
    """The range of entry numbers (both included) and the direction of a search."""

    low: int | None
    high: int | None
    newer: bool

    def seqs(self, stream: Stream, limit: int) -> Select[Any]:
        """Returns a query for the stream's next entry numbers, in the direction of the search."""
        branches = [self._branch(stream.seq, value, limit) for value in stream.values]
        if len(branches) == 1:
            return branches[0]
        both = union(*(select(branch.subquery().c.seq) for branch in branches)).subquery()
        return select(both.c.seq).order_by(self.order(both.c.seq)).limit(limit)

    def order(self, seq: Any) -> Any:
        """Returns the ORDER BY for the direction."""
        return seq.asc() if self.newer else seq.desc()

    def _branch(self, seq: Any, value: ColumnElement[bool], limit: int) -> Select[Any]:
        query = select(seq.label("seq")).where(value)
        if self.low is not None:
            query = query.where(seq >= self.low)
        if self.high is not None:
            query = query.where(seq <= self.high)
        return query.order_by(self.order(seq)).limit(limit)


def find_entries(
    filters: Filters,
    after: str | None = None,
    before: str | None = None,
    size: int | None = None,
    denials: bool = False,
) -> Found:
    """Returns one page. ``before`` wins over ``after``. Raises paging.BadCursor.

    ``denials``: the entries of a tenant include denied attempts to open it. Only for readers
    who may read the whole history.
    """
    size = size or PAGE_SIZE
    cursor = before if before is not None else after
    here = None if cursor is None else NEWEST_FIRST.decode(cursor)[0]
    walk = _walk(filters, here, newer=before is not None)
    if walk is None:
        return NOTHING
    seqs, end = _passing(filters, walk, size + 1, denials and has_denials(filters))
    more, seqs = len(seqs) > size, seqs[:size]
    entries = _load(seqs)
    # From an empty page, the link back starts at this page's own cursor, its entry included.
    first, last = (max(seqs), min(seqs)) if seqs else (0, 0)
    onward, backward = (first, last) if walk.newer else (last, first)
    if not seqs and here is not None:
        backward = here + 1 if walk.newer else max(here - 1, 0)
    on = NEWEST_FIRST.encode([end or onward]) if more or end else None
    back = NEWEST_FIRST.encode([backward]) if here is not None else None
    searched_to = db.session.get_one(AuditEntry, end).at if end else None
    pair = (back, on) if walk.newer else (on, back)
    return Found([entry for entry in entries if readable(entry.action)], *pair, searched_to)


def readable(action: str) -> bool:
    """Whether the reader may read entries of the action, for a tenant that they may see.

    True for commands, which have no request.
    """
    return _reads_everything() or action in _FOR_OWNERS


def readable_entries() -> ColumnElement[bool]:
    """The same as a condition of a query."""
    return true() if _reads_everything() else AuditEntry.action.in_(_FOR_OWNERS)


def _reads_everything() -> bool:
    return not has_request_context() or may(Permission.SEE_STAFF)


def every(filters: Filters, head: int) -> tuple[int, Select[int, str, str]] | None:
    """Returns (first seq, query of seq, body and hash) for all matching entries up to ``head``.

    None when no entry can match. The caller adds the lower bound for each batch: with two lower
    bounds SQLite may start at the smaller one each time.

    Entries never change, so reading in batches gives the same result as reading at once.
    """
    walk = _walk(filters, None, newer=True)
    if walk is None:
        return None
    high = head if walk.high is None else min(walk.high, head)
    query = select(AuditEntry.seq, AuditEntry.body, AuditEntry.hash)
    query = query.where(AuditEntry.seq <= high)
    checks = conditions(filters, has_denials(filters))
    return walk.low or 1, query.where(*(condition for _, condition in checks))


def _walk(filters: Filters, here: int | None, newer: bool) -> _Walk | None:
    """Returns the range to search, from the cursor and the times; None when it is empty.

    Entries are in the same order by seq and by time (DESIGN 2.6), so times become numbers.
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


def _passing(
    filters: Filters, walk: _Walk, wanted: int, denials: bool
) -> tuple[list[int], int | None]:
    """Returns the numbers that match all filters, and the last one examined, or None at the end."""
    every = streams(filters, denials)
    stream = _leading(every, walk) if len(every) > 1 else every[0]
    checks = [
        condition for name, condition in conditions(filters, denials) if name != stream.covers
    ]
    if not checks:
        return list(db.session.scalars(walk.seqs(stream, wanted))), None
    examined = walk.seqs(stream, EXAMINED).subquery()
    query = select(examined.c.seq).join(AuditEntry, AuditEntry.seq == examined.c.seq)
    query = query.where(*checks).order_by(walk.order(examined.c.seq)).limit(wanted)
    seqs = list(db.session.scalars(query))
    if len(seqs) == wanted:
        return seqs, None
    furthest = func.max(examined.c.seq) if walk.newer else func.min(examined.c.seq)
    count, end = db.session.execute(select(func.count(), furthest).select_from(examined)).one()
    return seqs, end if count == EXAMINED else None


def _leading(every: Sequence[Stream], walk: _Walk) -> Stream:
    """Returns the first stream with fewer than EXAMINED entries, or else the first stream."""
    for stream in every:
        part = walk.seqs(stream, EXAMINED).subquery()
        if db.session.scalars(select(func.count()).select_from(part)).one() < EXAMINED:
            return stream
    return every[0]


def _load(seqs: Sequence[int]) -> list[AuditEntry]:
    query = select(AuditEntry).where(AuditEntry.seq.in_(seqs)).order_by(AuditEntry.seq.desc())
    return list(db.session.scalars(query)) if seqs else []
