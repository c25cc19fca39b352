"""Replays the entries about each row: the newest change of each field."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson

Entry = tuple[Any, ...]
"""An entry about a row, as read: the row's id, seq, its id, action, version of the row, body."""
SEQ, ID, ACTION, VERSION = 1, 2, 3, 4
_REMOVED = "removed"
"""The new value in an entry for a secret that was removed (`log.sides`)."""


@dataclass(slots=True)
class Told:
    """The state of a row according to its entries.

    ``changes``: field -> its newest change; ``entries``: field -> the entry of that; ``newest``:
    the newest entry of all; ``made``: that of the row's creation; ``count``: how many there are.
    """

    changes: dict[str, Any] = field(default_factory=dict)
    entries: dict[str, Entry] = field(default_factory=dict)
    newest: Entry | None = None
    made: Entry | None = None
    count: int = 0

    @property
    def version(self) -> int | None:
        """The row's version in the newest entry; None for users."""
        return self.newest[VERSION] if self.newest else None

    def new(self, name: str) -> Any:
        """Returns the newest value of a field; None without one, or when the change is no pair."""
        try:
            return self.changes[name][1]
        except (TypeError, LookupError):
            return None

    def said(self, name: str) -> Any:
        """Returns what is said of a sealed column: a digest or a word; None for an empty one."""
        said = self.new(name)
        return None if said == _REMOVED else said


def replay(entries: Iterable[Entry], made_by: frozenset[str]) -> Iterator[tuple[str, Told]]:
    """Yields each row's id with its state. The entries are grouped by row, oldest first.

    ``made_by``: the actions that create a row. Only the state of one row is in memory at a time.
    """
    for row, some in groupby(entries, key=itemgetter(0)):
        yield row, _state(some, made_by)


def _state(entries: Iterable[Entry], made_by: frozenset[str]) -> Told:
    state = Told()
    for entry in entries:
        changes = _changes(entry[-1])
        # Without loops, which would take longer than the rest.
        state.changes.update(changes)
        state.entries.update(dict.fromkeys(changes, entry))
        state.newest = entry
        state.count += 1
        if state.made is None and entry[ACTION] in made_by:
            state.made = entry
    return state


def _changes(body: Any) -> dict[str, Any]:
    """Returns the changes of an entry; {} for a malformed body, which `checks` reports.

    Tries first to parse them alone, in half the time. In a valid entry they begin at the first
    such key, as quotes within texts are escaped, and any shorter piece of them is no JSON.
    """
    try:
        _, _, rest = body.partition(',"changes":')
        return _mapping(orjson.loads(rest[: rest.index(',"id":')]))
    except (ValueError, TypeError, AttributeError):
        return _parsed(body)


def _parsed(body: Any) -> dict[str, Any]:
    try:
        return _mapping(orjson.loads(body)["changes"])
    except (ValueError, TypeError, KeyError):
        return {}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
