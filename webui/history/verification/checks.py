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

from webui.history.record import chain
from webui.history.verification import reconstruct
from webui.history.verification.reconstruct import COLUMNS, PLAIN, Ids, Row

BODY, _HASH, TENANT, _AT = map(COLUMNS.index, ("body", "hash", "tenant_id", "at"))
ID = COLUMNS.index("id")
# Between seq, which says where the entry stands, and body: the extracts.
_EXTRACTS = slice(1, BODY)
_plain, _actor = itemgetter(*PLAIN), itemgetter(*chain.ACTOR)
_is_time = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z").fullmatch
# Characters that canonical JSON and UTF-8 put in different order, as keys have it.
_is_beyond = re.compile(rb"[\xf0-\xf4]").search

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

    ``seq`` is where it stands, ``number`` what its body says; ``at`` as columns have it;
    ``sound`` whether its hash is that of its body.
    """

    seq: int
    number: int
    computed: str
    prev: str = ""
    at: str = ""
    sound: bool = False


def check_entries(
    rows: Iterable[Row], fields: Mapping[int, Fingerprint], computed: dict[int, str], ids: Ids
) -> Iterator[tuple[int, Note]]:
    """What does not hold of rows in order of seq, each with the row where it showed.

    Whether a broken link is the fault of one entry or the other shows at the next entry: two
    broken links in a row blame the entry between them, a single one the earlier entry, which
    the later one committed to. The hashes of the keys in ``computed`` are filled in.
    """
    before: Seen | None = None
    broken: tuple[Seen, Seen] | None = None
    for row in rows:
        link = False
        seen = before and _follower(before, row, fields, ids)
        if not seen:
            seen, notes = look(row, fields, ids)
            for note in (*notes, *_order(before, seen)):
                yield seen.seq, note
            link = _breaks(before, seen)
        if seen.seq in computed:
            computed[seen.seq] = seen.computed
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


def _follower(before: Seen, row: Row, fields: Mapping[int, Fingerprint], ids: Ids) -> Seen | None:
    """The entry of a row, if nothing is wrong with it and it follows the one before; or None.

    The short way, which nearly all entries go: of others, `look` and its like say what is wrong.
    """
    seq, at, stored = row[0], row[_AT], row[_HASH]
    if not (before.sound and seq - 1 == before.seq == before.number > 0):
        return None
    if sha256(_raw(row)).hexdigest() != stored:
        return None
    changes = reconstruct.changes(row, before.computed, ids)
    if changes is None or at < before.at or fields.get(seq, 0) != _listed(changes, row[TENANT]):
        return None
    return Seen(seq, seq, stored, before.computed, at, True)


def look(row: Row, fields: Mapping[int, Fingerprint], ids: Ids) -> tuple[Seen, list[Note]]:
    """The entry of a row, and what does not hold of it alone."""
    seq, raw = row[0], _raw(row)
    seen = Seen(seq, seq, sha256(raw).hexdigest())
    seen.sound = seen.computed == row[_HASH]
    notes = [] if seen.sound else [Note("changed", seq, seq)]
    try:
        value = orjson.loads(raw)
        seen.number, seen.prev = value["seq"], value["prev"]
        told = _extracts(value, ids)
        seen.at = told[_AT - 1]
        listed = _listed(value["changes"], told[TENANT - 1])
        well_formed = is_entry(value, raw) and (seen.number > 1 or seen.prev == chain.GENESIS)
    except (ValueError, KeyError, TypeError, AttributeError):
        return seen, [*notes, Note("format", seq, seq)]
    if not well_formed:
        notes.append(Note("format", seq, seq))
    if seen.number != seq:
        notes.append(Note("moved", seq, seq, str(seen.number - seq)))
    names = zip(COLUMNS[_EXTRACTS], told, row[_EXTRACTS], strict=True)
    notes += [Note("column", seq, seq, name) for name, ours, held in names if ours != held]
    if fields.get(seq, 0) != listed:
        notes.append(Note("column", seq, seq, "audit_fields"))
    return seen, notes


def _raw(row: Row) -> bytes:
    """What is hashed; nothing for what is no text, which SQLite does not refuse."""
    body = row[BODY]
    return body.encode() if isinstance(body, str) else b""


def is_entry(value: dict[str, Any], raw: bytes) -> bool:
    """Whether a text that was read is that of an entry, in the one canonical form."""
    if list(value) != chain.KEYS or value["v"] != chain.VERSION or not _has_shape(value):
        return False
    try:
        if _is_beyond(raw):
            # Exact but slow.
            return chain.canonical(json.loads(raw)).encode() == raw
        chain.refuse_floats(value)
        return orjson.dumps(value, option=reconstruct.STRICT) == raw
    except (ValueError, TypeError):
        return False


def _has_shape(value: Mapping[str, Any]) -> bool:
    """Whether the parts of an entry of which no column holds everything are as they must be."""
    tenant, texts = value["tenant"], [value["agent"]]
    if tenant is not None:
        if tenant.keys() != set(chain.TENANT):
            return False
        texts.append(tenant["name"])
    right = all(text is None or isinstance(text, str) for text in texts)
    return (
        right and value["actor"].keys() == set(chain.ACTOR) and isinstance(value["changes"], dict)
    )


def _extracts(value: Mapping[str, Any], ids: Ids) -> Row:
    """What the columns must hold."""
    at, tenant = value["at"], value["tenant"]
    _, subject = value["changes"].get("user") or (None, None)
    if not _is_time(at):
        raise ValueError("at is not UTC with microseconds and Z")
    return (
        *(_plain(value) + _actor(value["actor"])),
        ids.stored(value["id"]),
        f"{at[:10]} {at[11:26]}",
        tenant and ids.stored(tenant["id"]),
        tenant and tenant["version"],
        subject and ids.stored(subject),
    )


def _listed(changes: Iterable[str], tenant: str | None) -> Fingerprint:
    """What audit_fields must hold of an entry."""
    total = 0
    # A loop, which costs half of a sum over a generator.
    for name in changes:
        total += hash((name, tenant))
    return total


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
