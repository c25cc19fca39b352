"""What the entries about a row say of it: the newest value of each field, row by row."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import orjson


class Source(NamedTuple):
    """An entry that says something of a row: its place, its id as stored, and its changes."""

    seq: int
    entry: str
    action: str
    changes: dict[str, Any]

    def new(self, name: str) -> Any:
        """What a field holds after the entry; None for what is no pair of old and new."""
        try:
            return self.changes[name][1]
        except (TypeError, LookupError):
            return None


@dataclass(slots=True)
class Told:
    """What the entries say of a row.

    ``sources`` are the newest entries by field, ``newest`` the newest of all, ``made`` the one
    that made the row; ``version`` is that of the newest entry, where entries have one, and
    ``count`` how many there are.
    """

    sources: dict[str, Source] = field(default_factory=dict)
    newest: Source | None = None
    made: Source | None = None
    version: int | None = None
    count: int = 0


def replay(
    entries: Iterable[tuple[Any, ...]], made_by: frozenset[str]
) -> Iterator[tuple[str, Told]]:
    """Each row's id with what is said of it.

    ``entries`` are (row's id, seq, id, action, version, body), all about a row together, the
    oldest first. Only one row's are held at a time.
    """
    for row, some in groupby(entries, key=itemgetter(0)):
        yield row, _told(some, made_by)


def _told(entries: Iterable[tuple[Any, ...]], made_by: frozenset[str]) -> Told:
    told = Told()
    for _, seq, entry, action, version, body in entries:
        source = Source(seq, entry, action, _changes(body))
        # One object for all of an entry's fields, and no loop: half of all work is this line.
        told.sources.update(dict.fromkeys(source.changes, source))
        told.newest, told.version = source, version
        told.count += 1
        if action in made_by and told.made is None:
            told.made = source
    return told


def _changes(body: Any) -> dict[str, Any]:
    """The changes of an entry; none for a text that is no entry, which others say."""
    try:
        changes = orjson.loads(body)["changes"]
    except (ValueError, TypeError, KeyError):
        return {}
    return changes if isinstance(changes, dict) else {}
