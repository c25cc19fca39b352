"""Judging entries one by one, in order: is each what its hash, its neighbours and its columns say?

Pure and fast, because a million entries pass through here: it knows no database.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson

from webui.audit import chain

COLUMNS = (
    *("seq", "id", "at", "action", "outcome", "tenant_id", "tenant_version"),
    *("actor_type", "actor_id", "actor_name", "actor_role", "source", "reason"),
    *("request", "address", "subject_id", "body", "hash"),
)
"""A stored row, in this order: ids without dashes, ``at`` as ``2026-11-23 14:52:07.000123``."""
_BODY, _HASH = COLUMNS.index("body"), COLUMNS.index("hash")
# Between seq, which says where the entry stands, and body: the extracts.
_EXTRACTS = slice(1, _BODY)
KEYS = {
    *("v", "seq", "id", "at", "action", "outcome", "tenant", "actor", "source"),
    *("changes", "reason", "request", "address", "agent", "prev"),
}
_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")

Row = tuple[Any, ...]
Fields = tuple[str, str | None, str | None, int]
"""What audit_fields holds for an entry: the names, a line each; the least and the greatest
tenant; how many rows name a tenant."""


class Note(NamedTuple):
    """Something that does not hold, about the entries ``first`` to ``last``.

    ``kind``: changed, inserted, unlinked, gap, moved (``detail``: by how many places),
    column (``detail``: which), format, time, orphan.
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
    rows: Iterable[Row], fields: Mapping[int, Fields], computed: dict[int, str]
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
        for note in notes:
            yield seen.seq, note
        for note in _order(before, seen):
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


def look(row: Row, fields: Mapping[int, Fields]) -> tuple[Seen, list[Note]]:
    """The entry of a row, and what does not hold of it alone."""
    seq, body = row[0], row[_BODY]
    raw = body.encode()
    seen = Seen(seq, seq, row[_HASH], hashlib.sha256(raw).hexdigest())
    seen.sound = seen.computed == seen.stored
    notes = [] if seen.sound else [Note("changed", seq, seq)]
    try:
        value = orjson.loads(raw)
        seen.number, seen.prev, seen.at = value["seq"], value["prev"], value["at"]
        expected = _extracts(value)
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
    if not _lists(fields.get(seq), value["changes"], expected[4]):
        notes.append(Note("column", seq, seq, "audit_fields"))
    return seen, notes


def is_entry(value: dict[str, Any], raw: bytes) -> bool:
    """Whether a text that was read is that of an entry, in the one canonical form."""
    if set(value) != KEYS or value["v"] != chain.VERSION:
        return False
    # Exact but slow, for the few texts whose keys another sorter puts differently.
    return (
        orjson.dumps(value, option=orjson.OPT_SORT_KEYS) == raw
        or chain.canonical(json.loads(raw)).encode() == raw
    )


def _extracts(value: Mapping[str, Any]) -> Row:
    """What the columns must hold."""
    tenant, actor, at = value["tenant"], value["actor"], value["at"]
    subject = value["changes"].get("user")
    if not _AT.fullmatch(at):
        raise ValueError("at is not UTC with microseconds and Z")
    return (
        value["id"].replace("-", ""),
        f"{at[:10]} {at[11:26]}",
        value["action"],
        value["outcome"],
        tenant and tenant["id"].replace("-", ""),
        tenant and tenant["version"],
        actor["type"],
        actor["id"],
        actor["name"],
        actor["role"],
        value["source"],
        value["reason"],
        value["request"],
        value["address"],
        subject and subject[1].replace("-", ""),
    )


def _lists(held: Fields | None, changes: Mapping[str, Any], tenant: str | None) -> bool:
    """Whether audit_fields lists exactly the fields that the body changed."""
    if held is None or not changes:
        return held is None and not changes
    names, least, greatest, tenants = held
    told = sorted(changes)
    same_names = names == "\n".join(told) or sorted(names.split("\n")) == told
    return same_names and least == greatest == tenant and tenants == (len(told) if tenant else 0)


def _order(before: Seen | None, seen: Seen) -> Iterator[Note]:
    last = before.seq if before else 0
    if seen.seq < 1:
        yield Note("inserted", seen.seq, seen.seq)
    elif seen.seq > max(last, 0) + 1:
        yield Note("gap", max(last, 0) + 1, seen.seq - 1)
    if before and before.sound and seen.sound and seen.at < before.at and not _moved(before, seen):
        yield Note("time", seen.seq, seen.seq)


def _breaks(before: Seen | None, seen: Seen) -> bool:
    """Whether the entry follows another one than it says, and nothing else explains it."""
    if before is None:
        return False
    if seen.seq != before.seq + 1 or not (before.sound and seen.sound) or _moved(before, seen):
        return False
    return seen.prev != before.computed


def _moved(*entries: Seen) -> bool:
    return any(seen.number != seen.seq for seen in entries)
