"""Checks an entry as a whole: text, columns and listed fields. Nearly all entries pass it.

It is strict: an entry that passes is valid. One that fails may be a rare valid one, which
:func:`checks.look` decides. Comparing tuples at once takes a third of the time of naming each
difference.
"""

import re
from collections.abc import Callable
from itertools import chain as joined
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from webui.history.record import chain

Row = tuple[Any, ...]


class Ids(NamedTuple):
    """Converts ids: ``told`` from stored to the form with dashes in bodies, ``stored`` back."""

    told: Callable[[str], str]
    stored: Callable[[str], str]


PLAIN = ("action", "outcome", "source", "reason", "request", "address")
COLUMNS = (
    *("seq", *PLAIN, *(f"actor_{name}" for name in chain.ACTOR)),
    *("id", "at", "tenant_id", "tenant_version", "subject_id", "body", "hash"),
)
"""The columns of a row, in this order: ids in the database's spelling, ``at`` like
``2026-11-23 14:52:07.000123``."""
Listed = tuple[int, str | bytes | None, int, str | int | None]
"""The rows of an entry in audit_fields: its seq, their names with commas between, their number,
and their tenant. When one of the names is no text they are None or bytes; the tenant is 0 when
there are several.
"""
STRICT = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
"""Options with which orjson writes canonical JSON, if there are no floats and no keys with
characters beyond U+FFFF."""
_plain, _actor = itemgetter("seq", *PLAIN), itemgetter(*chain.ACTOR)
_is_time = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}").fullmatch
_END = f',"v":{chain.VERSION}}}'.encode()
_BEYOND = (b"\xf0", b"\xf1", b"\xf2", b"\xf3", b"\xf4")
_NONE = type(None)
_LISTS, _TEXTS, _WHOLE = {list}, (str, _NONE), (int, _NONE)
_SCALARS = {str, int, bool, _NONE}


def is_listed(listed: Listed, changed: dict[str, Any], tenant: str | None) -> bool:
    """Whether audit_fields has one row for each changed field, with the entry's tenant."""
    _, names, count, of = listed
    if not changed:
        return not count
    if not isinstance(names, str) or count != len(changed) or of != tenant:
        return False
    if names == ",".join(changed):
        return names.count(",") == count - 1
    # PostgreSQL has them in another order. Neither way a name with a comma stands for two.
    return sorted(names.split(",")) == sorted(changed)


def changes(row: Row, raw: bytes, prev: str, ids: Ids) -> dict[str, Any] | None:
    """Returns the changes of an entry that equals its columns and follows the hash ``prev``.

    ``raw`` is the body in UTF-8. Returns None when the check fails.
    """
    try:
        value = orjson.loads(raw)
        changed: dict[str, Any] = value["changes"]
        if _is_canonical(value, raw) and _are_whole(changed) and _equals(value, row, prev, ids):
            return changed
    except (ValueError, TypeError, AttributeError, LookupError):
        pass
    return None


def _is_canonical(value: dict[str, Any], raw: bytes) -> bool:
    """Whether ``raw``, from which ``value`` was parsed, is in canonical form, apart from floats."""
    if orjson.dumps(value, option=STRICT) != raw or not raw.endswith(_END):
        return False
    return raw.isascii() or not (is_beyond(raw) and is_beyond(orjson.dumps(value["changes"])))


def is_beyond(raw: bytes) -> bool:
    """Whether there are characters beyond U+FFFF in UTF-8.

    Canonical JSON sorts keys by UTF-16, where these come earlier than in UTF-8. Five searches take
    a tenth of the time of one for a class of bytes.
    """
    return any(map(raw.__contains__, _BEYOND))


def _are_whole(changed: dict[str, Any]) -> bool:
    """Whether changes are lists without floats. Raises ValueError for a float.

    In C for most: a loop over the sides takes more time than parsing the entry. Floats elsewhere
    in an entry equal no column.
    """
    sides = changed.values()
    if not _LISTS.issuperset(map(type, sides)):
        return False
    if not _SCALARS.issuperset(map(type, joined.from_iterable(sides))):
        for side in joined.from_iterable(sides):
            if type(side) not in _SCALARS:
                chain.refuse_floats(side)
    return True


def _equals(value: dict[str, Any], row: Row, prev: str, ids: Ids) -> bool:
    """Whether an entry equals its columns. Raises an error for parts of some other types."""
    actor, at, subject, user = value["actor"], row[12], row[15], value["changes"].get("user")
    return (
        _plain(value) == row[:7]
        and _actor(actor) == row[7:11]
        and value["prev"] == prev
        and value["id"] == ids.told(row[11])
        and value["at"] == f"{at[:10]}T{at[11:]}Z"
        and _is_time(at) is not None
        and _tenant_equals(value["tenant"], row[13], row[14], ids)
        and (user and user[1]) == (subject and ids.told(subject))
        # True and 1.0 equal 1.
        and type(value["seq"]) is int
        and isinstance(value["agent"], _TEXTS)
        and len(actor) == len(chain.ACTOR)
        and len(value) == len(chain.KEYS)
    )


def _tenant_equals(value: Any, tenant: str | None, version: int | None, ids: Ids) -> bool:
    if value is None or tenant is None:
        return value is tenant is version
    return (
        value["id"] == ids.told(tenant)
        and value["version"] == version
        and isinstance(value["name"], _TEXTS)
        and type(value["version"]) in _WHOLE
        and len(value) == len(chain.TENANT)
    )
