"""Compares each column of a row of `tenants` or `users` with the entries about the row.

Rows are in the form of the database drivers. An entry has of a column either the value, a digest,
or only the fact that something was set (DESIGN 2.6).
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Boolean, Column, Table, Uuid

from webui.history.record import chain
from webui.history.record.actions import Action
from webui.history.verification.rows.replay import ACTION, Entry, Told
from webui.models import Tenant, User
from webui.models.columns import Audited, CompactJSON, UTCDateTime, dashed
from webui.models.seals.sealed_columns import sealed_columns
from webui.models.tenant.tenant import DEFAULTS
from webui.models.user import NO_PASSWORD
from webui.values import account_key, name_key, sort_key

Row = Mapping[str, Any]
Read = Callable[[Any], Any]


class Contradiction(NamedTuple):
    """A column that differs from the entries; ``entry`` is the newest one about it, if any."""

    column: str
    entry: Entry | None = None


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
        """Yields the columns that differ, apart from sealed ones."""
        yield from self._differing(row, told)
        for name in self._not_following(row):
            yield Contradiction(name)
        if self.password and told.made:
            yield from self._password(self.password, row, told)
        if told.version is not None and row["version"] != told.version:
            yield Contradiction("version", told.newest)

    def _differing(self, row: Row, told: Told) -> Iterator[Contradiction]:
        """Yields the plain columns that differ."""
        if self._plain_agree(row, told):
            return
        for name, read in self.plain:
            expected = told.new(name) if name in told.changes else self.defaults.get(name)
            stored = row[name] if read is None else read(row[name])
            if expected != stored or not _is_alike(expected, stored):
                yield Contradiction(name, told.entries.get(name))

    def _plain_agree(self, row: Row, told: Told) -> bool:
        """Whether all plain columns are as expected, compared at once because most rows are."""
        names, reads, unchanged = self._at_once
        try:
            expected = [new for _, new in map(told.changes.get, names, unchanged)]
            stored = [
                row[name] if read is None else read(row[name])
                for name, read in zip(names, reads, strict=True)
            ]
            # As text too: true equals 1, but not as JSON.
            return expected == stored and _as_json(expected) == _as_json(stored)
        except (TypeError, ValueError):
            return False

    @cached_property
    def _at_once(self) -> tuple[list[str], list[Read | None], list[tuple[None, Any]]]:
        """The names of the plain columns, their conversions, and the changes to their defaults."""
        names, reads = zip(*self.plain, strict=True)
        return list(names), list(reads), [(None, self.defaults.get(name)) for name in names]

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
        entry = told.entries.get("password")
        invited = told.made is not None and told.made[ACTION] == Action.USER_INVITED
        has_one = told.said("password") is not None if entry else not invited
        if has_one != (row[column] != NO_PASSWORD):
            yield Contradiction(column, entry or told.made)


def _is_alike(expected: Any, stored: Any) -> bool:
    """Whether equal values are also the same JSON: true is neither 1 nor 1.0."""
    if expected and isinstance(expected, dict | list):
        try:
            return _as_json(expected) == _as_json(stored)
        except (TypeError, ValueError):
            return False
    return type(expected) is type(stored)


def _as_json(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


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
    return dashed(stored) if isinstance(stored, str) and len(stored) == _UNDASHED else stored


_UNDASHED = 32
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
