"""Compares each column of a row of `tenants` or `users` with the entries about the row.

Rows are in the form of the database drivers. An entry has of a column either the value, a digest,
or only the fact that something was set (DESIGN 2.6).
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import Boolean, Column, Table, Uuid

from webui.history.record import chain
from webui.history.record.actions import Action
from webui.history.verification.rows.replay import Source, Told
from webui.models import Tenant, User
from webui.models.columns import Audited, CompactJSON, UTCDateTime
from webui.models.seals.sealed_columns import sealed_columns
from webui.models.tenant.tenant import DEFAULTS
from webui.models.user import NO_PASSWORD
from webui.values import account_key, name_key, sort_key

Row = Mapping[str, Any]
Read = Callable[[Any], Any]
_REMOVED = "removed"
"""The new value in an entry for a secret that was removed (`log.sides`)."""


class Contradiction(NamedTuple):
    """A column that differs from the entries; ``source`` is the newest entry about it, if any."""

    column: str
    source: Source | None = None


class Guarded:
    """A table whose rows can be rebuilt from the history. ``made_by``: actions that create a row.

    ``defaults``: values of columns that no entry mentions; ``derived``: column -> function that
    computes it from the row; ``password``: the column with the password hash, of which entries
    only say whether there is one.
    """

    def __init__(
        self,
        table: Table,
        made_by: tuple[Action, ...],
        defaults: Row,
        derived: Mapping[str, Callable[[Row], Any]],
        password: str | None = None,
    ) -> None:
        self.table = table
        self.made_by = frozenset(action.value for action in made_by)
        self.defaults = defaults
        self.derived = derived
        self.password = password

    def columns(self, *kinds: Audited) -> list[Column[Any]]:
        """Returns the columns that are recorded in the history in these ways."""
        return [column for column in self.table.columns if column.info["audit"] in kinds]

    @cached_property
    def plain(self) -> list[tuple[str, Read | None]]:
        """The columns whose values are in entries, each with the function that converts a stored
        value to the form in entries; None when both are the same.
        """
        return [(column.name, _reader(column)) for column in self.columns(Audited.PLAIN)]

    @cached_property
    def indexes(self) -> dict[str, str]:
        """Sealed column -> column of its blind index."""
        places = [place for place in sealed_columns() if place.table is self.table]
        return {place.column.name: place.index.name for place in places if place.index is not None}

    @cached_property
    def sealed(self) -> list[str]:
        """The columns that contain an encrypted value or NULL."""
        columns = self.columns(Audited.SEALED, Audited.EVENT)
        return [column.name for column in columns if column.name != self.password]

    def contradictions(self, row: Row, told: Told) -> Iterator[Contradiction]:
        """Yields the columns that differ. Of sealed ones, compares only whether they are empty."""
        yield from self._differing(row, told)
        for name in self.sealed:
            source = told.sources.get(name)
            if (said_of(source, name) is None) != (row[name] is None):
                yield Contradiction(name, source)
        for name in self._not_following(row):
            yield Contradiction(name)
        if self.password and told.made:
            yield from self._password(self.password, row, told)
        if told.version is not None and row["version"] != told.version:
            yield Contradiction("version", told.newest)

    def _differing(self, row: Row, told: Told) -> Iterator[Contradiction]:
        """Yields the plain columns that differ. Runs for all rows, so it avoids function calls."""
        sources, defaults = told.sources, self.defaults
        for name, read in self.plain:
            source, stored = sources.get(name), row[name]
            expected = source.new(name) if source else defaults.get(name)
            if expected is stored:
                continue
            if read is not None:
                stored = read(stored)
            if expected != stored or not _is_alike(expected, stored):
                yield Contradiction(name, source)

    def _not_following(self, row: Row) -> Iterator[str]:
        """Yields derived columns with a wrong value, and blind indexes without a sealed value.

        `opening` compares the other indexes, because that needs the keys.
        """
        for name, derive in self.derived.items():
            if not _follows(row, name, derive):
                yield name
        for name, index in self.indexes.items():
            if row[name] is None and row[index] is not None:
                yield index

    def _password(self, column: str, row: Row, told: Told) -> Iterator[Contradiction]:
        """Checks whether the account has a password, according to the newest entry about it.

        Without such an entry an invited account has none, and any other has one.
        """
        source = told.sources.get("password")
        invited = told.made is not None and told.made.action == Action.USER_INVITED
        has_one = said_of(source, "password") is not None if source else not invited
        if has_one != (row[column] != NO_PASSWORD):
            yield Contradiction(column, source or told.made)


def said_of(source: Source | None, name: str) -> Any:
    """Returns what an entry has of a sealed column: a digest or a word; None for an empty one."""
    said = source.new(name) if source else None
    return None if said == _REMOVED else said


def _is_alike(expected: Any, stored: Any) -> bool:
    """Whether equal values are also the same JSON: true is neither 1 nor 1.0."""
    if expected and isinstance(expected, dict | list):
        try:
            one, other = (
                orjson.dumps(side, option=orjson.OPT_SORT_KEYS) for side in (expected, stored)
            )
        except (TypeError, ValueError):
            return False
        return one == other
    return type(expected) is type(stored)


def _follows(row: Row, name: str, derive: Callable[[Row], Any]) -> bool:
    try:
        return bool(row[name] == derive(row))
    except (TypeError, AttributeError, ValueError):
        # The row has a value that is not text, which SQLite accepts.
        return False


def _reader(column: Column[Any]) -> Read | None:
    """Returns the conversion of a stored value to the form in entries; None for unchanged."""
    for kind, read in _READERS.items():
        if isinstance(column.type, kind):
            return read
    return None


def _switch(stored: Any) -> Any:
    """Converts 0 and 1, as SQLite stores switches."""
    return bool(stored) if stored in (0, 1) else stored


def _time(stored: Any) -> Any:
    if isinstance(stored, str) and len(stored) == _TIME:
        # The format that the product writes on SQLite. A text that is not a time equals no entry.
        return f"{stored[:10]}T{stored[11:]}Z"
    try:
        at = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
        return at and chain.timestamp(at if at.tzinfo else at.replace(tzinfo=UTC))
    except (ValueError, AttributeError):
        return stored


def _json(stored: Any) -> Any:
    """Parses JSON. Most values are empty, and these need no parsing."""
    if stored in _EMPTY:
        return _EMPTY[stored]
    try:
        return orjson.loads(stored)
    except (ValueError, TypeError):
        return stored


def _identity(stored: Any) -> Any:
    try:
        return stored and str(UUID(stored))
    except (ValueError, AttributeError):
        return stored


_TIME = len("2026-11-23 14:52:07.000123")
_EMPTY: dict[Any, Any] = {"[]": [], "{}": {}}
_READERS: dict[type, Read] = {
    Boolean: _switch,
    UTCDateTime: _time,
    CompactJSON: _json,
    Uuid: _identity,
}

TENANTS = Guarded(
    Tenant.metadata.tables["tenants"],
    (Action.TENANT_CREATED,),
    DEFAULTS,
    {
        "name_key": lambda row: name_key(row["name"]),
        "name_sort": lambda row: sort_key(name_key(row["name"])),
    },
)
USERS = Guarded(
    User.metadata.tables["users"],
    (Action.USER_CREATED, Action.USER_INVITED),
    {"active": True, "time_zone": "UTC", "time_zone_chosen": False, "shortcuts": True},
    {
        "username_key": lambda row: account_key(row["username"]),
        "username_sort": lambda row: sort_key(account_key(row["username"])),
        "email_key": lambda row: account_key(row["email"]),
    },
    "password_hash",
)

GUARDED = {guarded.table.name: guarded for guarded in (TENANTS, USERS)}
"""By name, because the other process gets only the name."""
