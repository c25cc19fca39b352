"""Judging entries one by one, in order: is each what its hash, its neighbours and its columns say?

Pure and fast, because a million entries pass through here: it knows no database.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from webui.audit import chain

_PLAIN = ("action", "outcome", "source", "reason", "request", "address")
_ACTOR = ("type", "id", "name", "role")
COLUMNS = (
    *("seq", *_PLAIN, *(f"actor_{name}" for name in _ACTOR)),
    *("id", "at", "tenant_id", "tenant_version", "subject_id", "body", "hash"),
)
"""A stored row, in this order: ids without dashes, ``at`` as ``2026-11-23 14:52:07.000123``."""
BODY, _HASH = COLUMNS.index("body"), COLUMNS.index("hash")
# Between seq, which says where the entry stands, and body: the extracts.
_EXTRACTS = slice(1, BODY)
# One call for several keys, which a million entries are grateful for.
_plain, _actor = itemgetter(*_PLAIN), itemgetter(*_ACTOR)
KEYS = sorted(
    [
        *("v", "seq", "id", "at", "action", "outcome", "tenant", "actor", "source"),
        *("changes", "reason", "request", "address", "agent", "prev"),
    ]
)
_is_time = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z").fullmatch

Row = tuple[Any, ...]
Fingerprint = int
"""The rows that a table of extracts has of an entry: the sum of their hashes, 0 for none.

A sum, in which the same row twice does not cancel itself. Python keys its hashes anew at each
start, so nobody can prepare other rows that give the same number; and no number leaves the
process that made it.
"""


class Note(NamedTuple):
    """Something that does not hold, about the entries ``first`` to ``last``.

    ``kind``: changed, inserted, unlinked, gap, moved (``detail``: by how many places),
    column (``detail``: which), format, time, orphan, words, sealed (``detail``: the field).
    """

    kind: str
    first: int
    last: int
    detail: str = ""


@dataclass(slots=True)
class Seen:
    """An entry as its followers need to know it.

    ``seq`` is where it stands, ``number`` what its body says; ``sound`` whether its hash is
    that of its body.
    """

    seq: int
    number: int = 0
    stored: str = ""
    computed: str = ""
    prev: str = ""
    at: str = ""
    sound: bool = False


def judge(
    rows: Iterable[Row], fields: Mapping[int, Fingerprint], computed: dict[int, str]
) -> Iterator[tuple[int, Note]]:
    """What does not hold of rows in order of seq, each with the row where it showed.

    Whether a broken link is the fault of one entry or the other shows at the next entry: two
    broken links in a row blame the entry between them, a single one the earlier entry, which
    the later one committed to. The hashes of the keys in ``computed`` are filled in.
    """
    before: Seen | None = None
    broken: tuple[Seen, Seen] | None = None
    for row in rows:
        seen, notes = look(row, fields)
        for note in (*notes, *_order(before, seen)):
            yield seen.seq, note
        if seen.seq in computed:
            computed[seen.seq] = seen.computed
        link = _breaks(before, seen)
        if broken:
            culprit = broken[1] if link else broken[0]
            yield culprit.seq, Note("changed", culprit.seq, culprit.seq)
            broken = None
        elif link and before:
            broken = (before, seen)
        before = seen
    if broken:
        # Nothing follows that could tell.
        yield broken[1].seq, Note("unlinked", broken[0].seq, broken[1].seq)


def look(row: Row, fields: Mapping[int, Fingerprint]) -> tuple[Seen, list[Note]]:
    """The entry of a row, and what does not hold of it alone."""
    seq, body = row[0], row[BODY]
    raw = body.encode()
    seen = Seen(seq, seq, row[_HASH], sha256(raw).hexdigest())
    seen.sound = seen.computed == seen.stored
    notes = [] if seen.sound else [Note("changed", seq, seq)]
    try:
        value = orjson.loads(raw)
        seen.number, seen.prev, seen.at = value["seq"], value["prev"], value["at"]
        tenant = value["tenant"] and value["tenant"]["id"].replace("-", "")
        expected = _extracts(value, tenant)
        well_formed = is_entry(value, raw)
    except (ValueError, KeyError, TypeError, AttributeError):
        return seen, [*notes, Note("format", seq, seq)]
    if not well_formed:
        notes.append(Note("format", seq, seq))
    if seen.number != seq:
        notes.append(Note("moved", seq, seq, str(seen.number - seq)))
    if expected != row[_EXTRACTS]:
        names = zip(COLUMNS[_EXTRACTS], expected, row[_EXTRACTS], strict=True)
        notes += [Note("column", seq, seq, name) for name, told, held in names if told != held]
    if fields.get(seq, 0) != _listed(value["changes"], tenant):
        notes.append(Note("column", seq, seq, "audit_fields"))
    return seen, notes


def is_entry(value: dict[str, Any], raw: bytes) -> bool:
    """Whether a text that was read is that of an entry, in the one canonical form."""
    if list(value) != KEYS or value["v"] != chain.VERSION:
        return False
    # Exact but slow, for the few texts whose keys another sorter puts differently.
    return (
        orjson.dumps(value, option=orjson.OPT_SORT_KEYS) == raw
        or chain.canonical(json.loads(raw)).encode() == raw
    )


def _extracts(value: Mapping[str, Any], tenant: str | None) -> Row:
    """What the columns must hold; ``tenant`` is the id as they spell it."""
    at, subject = value["at"], value["changes"].get("user")
    if not _is_time(at):
        raise ValueError("at is not UTC with microseconds and Z")
    return (
        *(_plain(value) + _actor(value["actor"])),
        value["id"].replace("-", ""),
        f"{at[:10]} {at[11:26]}",
        tenant,
        value["tenant"] and value["tenant"]["version"],
        subject and subject[1].replace("-", ""),
    )


def _listed(changes: Iterable[str], tenant: str | None) -> Fingerprint:
    """What audit_fields must hold of an entry."""
    return sum(hash((name, tenant)) for name in changes)


def _order(before: Seen | None, seen: Seen) -> Sequence[Note]:
    """What is wrong with the place of an entry after another."""
    last = max(before.seq, 0) if before else 0
    if seen.seq < 1:
        return [Note("inserted", seen.seq, seen.seq)]
    notes = [Note("gap", last + 1, seen.seq - 1)] if seen.seq > last + 1 else []
    if before and before.sound and seen.sound and seen.at < before.at and not _moved(before, seen):
        notes.append(Note("time", seen.seq, seen.seq))
    return notes


def _breaks(before: Seen | None, seen: Seen) -> bool:
    """Whether the entry follows another one than it says, and nothing else explains it."""
    if before is None:
        return False
    if seen.seq != before.seq + 1 or not (before.sound and seen.sound) or _moved(before, seen):
        return False
    return seen.prev != before.computed


def _moved(*entries: Seen) -> bool:
    return any(seen.number != seen.seq for seen in entries)
