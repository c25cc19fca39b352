"""Rebuilds the canonical JSON of an entry from its columns, as a fast check of valid entries.

The body of a valid entry follows from its columns and the hash before it, except for the agent,
the changes and the tenant's name: these are cut out of the body and checked separately. All parts
are canonical JSON (RFC 8785), in which a value has only one text, so equal text proves equal
values. This takes half the time of parsing the body and comparing its values.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from json.encoder import encode_basestring as _quoted
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
STRICT = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
"""Options with which orjson writes canonical JSON, if there are no floats and no keys with
characters beyond U+FFFF."""
_is_time = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}").fullmatch
# A float, or a text that contains something like it, as times do.
_may_be_float = re.compile(r"[\[:,]-?\d+[.e]").search
# Characters beyond U+FFFF. Canonical JSON sorts keys by UTF-16, where these come earlier than in
# UTF-8.
_is_beyond = re.compile("[\U00010000-\U0010ffff]").search


def changes(row: Row, prev: str, ids: Ids) -> dict[str, Any] | None:
    """Returns the changes of an entry whose body matches its columns and the hash ``prev``.

    Returns None when the check fails; :func:`checks.look` then finds the problems.
    """
    subject, body = row[15:17]
    try:
        begin, middle, end, last = _known(row, prev, ids)
        agent, _, rest = body[len(begin) :].partition(middle)
        changed, _, rest = rest.partition(end)
        name = rest[: len(rest) - len(last)]
        if f"{begin}{agent}{middle}{changed}{end}{name}{last}" != body:
            return None
        parsed = orjson.loads(changed)
        user = parsed.get("user")
        same = (user and user[1]) == (subject and ids.told(subject))
        texts = _is_text(agent) and (_is_text(name) if last else not name)
        return parsed if same and texts and _is_canonical(changed, parsed) else None
    except (ValueError, TypeError, AttributeError, LookupError):
        return None


def _known(row: Row, prev: str, ids: Ids) -> tuple[str, str, str, str]:
    """Returns the text before the agent, the changes and the tenant's name, and after the name.

    Raises ValueError or TypeError when a column has a wrong value.
    """
    seq, action, outcome, source, reason, request, address, kind, actor, name, role = row[:11]
    identity, at, tenant, version = row[11:15]
    if not _is_time(at):
        raise ValueError("at is not in its form")
    end = (
        f',"id":{_quoted(ids.told(identity))},"outcome":{_word(outcome)},"prev":"{prev}"'
        f',"reason":{_text(reason)},"request":{_text(request)},"seq":{seq:d}'
        f',"source":{_word(source)},"tenant":'
    )
    last = ""
    if tenant is None:
        end += f"null{_VERSION}"
    else:
        end += f'{{"id":{_quoted(ids.told(tenant))},"name":'
        last = f',"version":{"null" if version is None else format(version, "d")}}}{_VERSION}'
    middle = f',"at":"{at[:10]}T{at[11:]}Z","changes":'
    return _begin(action, address, kind, actor, name, role), middle, end, last


_VERSION = f',"v":{chain.VERSION}}}'


@lru_cache(maxsize=4_096)
def _begin(action: str, address: str | None, *actor: str | None) -> str:
    """Returns the text before the agent; cached, because many entries of an actor share it."""
    kind, identity, name, role = map(_text, actor)
    return (
        f'{{"action":{_text(action)},"actor":{{"id":{identity},"name":{name},"role":{role}'
        f',"type":{kind}}},"address":{_text(address)},"agent":'
    )


def _text(value: str | None) -> str:
    """Returns a text or null in JSON. Raises TypeError for anything else."""
    return "null" if value is None else _quoted(value)


def _is_canonical(raw: str, value: Any) -> bool:
    """Whether changes are in canonical form; False for some rare ones that are.

    Raises ValueError for a float.
    """
    if not raw.isascii() and _is_beyond(raw):
        return False
    if _may_be_float(raw):
        chain.refuse_floats(value)
    return orjson.dumps(value, option=STRICT).decode() == raw


_word = lru_cache(maxsize=100)(_quoted)


@lru_cache(maxsize=4_096)
def _is_text(raw: str) -> bool:
    """Whether it is a text or null in canonical JSON. Raises ValueError when it is not JSON."""
    value = orjson.loads(raw)
    return (value is None or isinstance(value, str)) and _text(value) == raw
