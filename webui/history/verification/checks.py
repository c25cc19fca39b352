"""Checks each entry against its hash, its neighbours and its columns, in the order of seq.

Fast and without database access, because verifications check millions of entries.
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
from webui.history.verification import quick_check
from webui.history.verification.quick_check import COLUMNS, PLAIN, Ids, Listed, Row, is_listed

BODY, _HASH, TENANT, _AT = map(COLUMNS.index, ("body", "hash", "tenant_id", "at"))
ID = COLUMNS.index("id")
# The extracts are the columns between seq, the position of the entry, and body.
_EXTRACTS = slice(1, BODY)
_plain, _actor = itemgetter(*PLAIN), itemgetter(*chain.ACTOR)
_is_time = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z").fullmatch


class Note(NamedTuple):
    """A problem of the entries ``first`` to ``last``.

    ``kind``: changed, inserted, unlinked, gap, moved (``detail``: by how many places),
    column (``detail``: its name), format, time, orphan, words, sealed and nulled (``detail``: the
    field).
    """

    kind: str
    first: int
    last: int
    detail: str = ""


@dataclass(slots=True)
class Seen:
    """What the check of the next entry needs to know of an entry.

    ``seq`` is the column, ``number`` the seq in the body; ``computed`` is the hash of the body,
    ``prev`` the previous hash in the body, ``at`` the time in the column's format; ``sound``:
    whether the stored hash is that of the body.
    """

    seq: int
    number: int
    computed: str
    prev: str = ""
    at: str = ""
    sound: bool = False


def check_entries(
    rows: Iterable[Row], fields: Mapping[int, Listed], ids: Ids
) -> Iterator[tuple[int, Note]]:
    """Yields the problems of rows in order of seq, each with the seq where it was found.

    Which entry of a broken link was changed is decided at the next entry: after two broken links
    in a row it is the entry between them, after a single one the earlier entry, whose hash is in
    the later one. ``fields`` are the rows of audit_fields by seq.
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
        if broken:
            culprit = broken[1] if link else broken[0]
            yield culprit.seq, Note("changed", culprit.seq, culprit.seq)
            broken = None
        elif link and before:
            broken = (before, seen)
        before = seen
    if broken:
        # There is no next entry to decide which of the two was changed.
        yield broken[1].seq, Note("unlinked", broken[0].seq, broken[1].seq)


def _follower(before: Seen, row: Row, fields: Mapping[int, Listed], ids: Ids) -> Seen | None:
    """Returns the entry of a row if it is valid and follows the one before; otherwise None.

    This fast check is enough for nearly all entries; :func:`look` finds the problems of the others.
    """
    seq, at, stored, raw = row[0], row[_AT], row[_HASH], _raw(row)
    if not (before.sound and seq - 1 == before.seq == before.number > 0):
        return None
    if sha256(raw).hexdigest() != stored:
        return None
    changes = quick_check.changes(row, raw, before.computed, ids)
    if changes is None or at < before.at:
        return None
    if not is_listed(fields.get(seq, _NOT_LISTED), changes, row[TENANT]):
        return None
    return Seen(seq, seq, stored, before.computed, at, True)


_NOT_LISTED: Listed = (0, None, 0, None)


def look(row: Row, fields: Mapping[int, Listed], ids: Ids) -> tuple[Seen, list[Note]]:
    """Returns the entry of a row, and its problems apart from its neighbours."""
    seq, raw = row[0], _raw(row)
    seen = Seen(seq, seq, sha256(raw).hexdigest())
    seen.sound = seen.computed == row[_HASH]
    notes = [] if seen.sound else [Note("changed", seq, seq)]
    try:
        value = orjson.loads(raw)
        seen.number, seen.prev = value["seq"], value["prev"]
        extracts = _extracts(value, ids)
        seen.at = extracts[_AT - 1]
        listed = is_listed(fields.get(seq, _NOT_LISTED), value["changes"], extracts[TENANT - 1])
        well_formed = is_entry(value, raw) and (seen.number > 1 or seen.prev == chain.GENESIS)
    except (ValueError, KeyError, TypeError, AttributeError):
        return seen, [*notes, Note("format", seq, seq)]
    if not well_formed:
        notes.append(Note("format", seq, seq))
    if seen.number != seq:
        notes.append(Note("moved", seq, seq, str(seen.number - seq)))
    names = zip(COLUMNS[_EXTRACTS], extracts, row[_EXTRACTS], strict=True)
    notes += [Note("column", seq, seq, name) for name, right, stored in names if right != stored]
    if not listed:
        notes.append(Note("column", seq, seq, "audit_fields"))
    return seen, notes


def _raw(row: Row) -> bytes:
    """Returns the bytes that are hashed; none for a body that is not text, which SQLite accepts."""
    body = row[BODY]
    return body.encode() if isinstance(body, str) else b""


def is_entry(value: dict[str, Any], raw: bytes) -> bool:
    """Whether ``value``, parsed from ``raw``, is an entry, and ``raw`` its canonical form."""
    if list(value) != chain.KEYS or value["v"] != chain.VERSION or not _has_shape(value):
        return False
    try:
        if quick_check.is_beyond(raw):
            # Exact but slow.
            return chain.canonical(json.loads(raw)).encode() == raw
        chain.refuse_floats(value)
        return orjson.dumps(value, option=quick_check.STRICT) == raw
    except (ValueError, TypeError):
        return False


def _has_shape(value: Mapping[str, Any]) -> bool:
    """Whether the parts of an entry that are not completely in columns have the right types."""
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
    """Returns the required values of the extract columns.

    Raises ValueError, KeyError, TypeError or AttributeError when the body is malformed.
    """
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


def _order(before: Seen | None, seen: Seen) -> Sequence[Note]:
    """Returns the problems of an entry's seq and time after the entry before it."""
    last = max(before.seq, 0) if before else 0
    if seen.seq < 1:
        return [Note("inserted", seen.seq, seen.seq)]
    notes = [Note("gap", last + 1, seen.seq - 1)] if seen.seq > last + 1 else []
    if before and before.sound and seen.sound and seen.at < before.at and not _moved(before, seen):
        notes.append(Note("time", seen.seq, seen.seq))
    return notes


def _breaks(before: Seen | None, seen: Seen) -> bool:
    """Whether the entry's previous hash is another than the hash before it, without other cause."""
    if before is None:
        return False
    if seen.seq != before.seq + 1 or not (before.sound and seen.sound) or _moved(before, seen):
        return False
    return seen.prev != before.computed


def _moved(*entries: Seen) -> bool:
    """Whether the seq in a body differs from the column."""
    return any(seen.number != seen.seq for seen in entries)
