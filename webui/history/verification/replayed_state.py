"""What a row of `tenants` or `users` must hold after the entries about it, column by column.

Rows are as the drivers give them. What an entry holds of a column is DESIGN 2.6: a value, a
digest, or the fact that something was set.
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
from webui.history.verification.replay import Source, Told
from webui.models import Tenant, User
from webui.models.columns import Audited, CompactJSON, UTCDateTime
from webui.models.seals.sealed_columns import sealed_columns
from webui.models.tenant.tenant import DEFAULTS
from webui.models.user import NO_PASSWORD
from webui.values import name_key

Row = Mapping[str, Any]
Read = Callable[[Any], Any]
_REMOVED = "removed"
"""What an entry says of a secret that is there no more (`log.sides`)."""


class Contradiction(NamedTuple):
    """A column that differs from what the entries say; ``source`` is the one that said so last."""

    column: str
    source: Source | None = None


class Guarded:
    """A table whose rows the history tells. ``made_by``: actions that make a row.

    ``defaults`` hold for columns of which no entry says anything; ``derived`` follow from the
    others; ``password`` is the hash of which entries only say that there is one.
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
        """The columns that reach the history in these ways."""
        return [column for column in self.table.columns if column.info["audit"] in kinds]

    @cached_property
    def plain(self) -> list[tuple[str, Read | None]]:
        """The columns whose values entries hold, and how a stored one is written there."""
        return [(column.name, _reader(column)) for column in self.columns(Audited.PLAIN)]

    @cached_property
    def indexes(self) -> dict[str, str]:
        """The columns of blind indexes, by the sealed column that each belongs to."""
        places = [place for place in sealed_columns() if place.table is self.table]
        return {place.column.name: place.index.name for place in places if place.index is not None}

    @cached_property
    def sealed(self) -> list[str]:
        """The columns that hold an encrypted value or nothing."""
        columns = self.columns(Audited.SEALED, Audited.EVENT)
        return [column.name for column in columns if column.name != self.password]

    def contradictions(self, row: Row, told: Told) -> Iterator[Contradiction]:
        """The columns that differ; sealed values are compared as far as it goes without a key."""
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
        """The plain columns that differ. All rows pass here, so calls are spared where it goes."""
        sources, defaults = told.sources, self.defaults
        for name, read in self.plain:
            source, held = sources.get(name), row[name]
            said = source.new(name) if source else defaults.get(name)
            if said is held:
                continue
            if read is not None:
                held = read(held)
            if said != held or not _is_alike(said, held):
                yield Contradiction(name, source)

    def _not_following(self, row: Row) -> Iterator[str]:
        """The columns that do not follow from others; indexes of values are compared opened."""
        for name, derive in self.derived.items():
            if not _follows(row, name, derive):
                yield name
        for name, index in self.indexes.items():
            if row[name] is None and row[index] is not None:
                yield index

    def _password(self, column: str, row: Row, told: Told) -> Iterator[Contradiction]:
        """Compares whether the account has a password: as the newest entry about it says.

        Without such an entry an invited account has none, and any other has one.
        """
        source = told.sources.get("password")
        invited = told.made is not None and told.made.action == Action.USER_INVITED
        has_one = said_of(source, "password") is not None if source else not invited
        if has_one != (row[column] != NO_PASSWORD):
            yield Contradiction(column, source or told.made)


def said_of(source: Source | None, name: str) -> Any:
    """What a sealed column must hold: a digest, a word for something; None for nothing."""
    said = source.new(name) if source else None
    return None if said == _REMOVED else said


def _is_alike(said: Any, held: Any) -> bool:
    """Whether equal values are the same JSON: true is not 1, nor 1.0."""
    if said and isinstance(said, dict | list):
        try:
            one, other = (orjson.dumps(side, option=orjson.OPT_SORT_KEYS) for side in (said, held))
        except (TypeError, ValueError):
            return False
        return one == other
    return type(said) is type(held)


def _follows(row: Row, name: str, derive: Callable[[Row], Any]) -> bool:
    try:
        return bool(row[name] == derive(row))
    except (TypeError, AttributeError, ValueError):
        # What is no text, which SQLite does not refuse.
        return False


def _reader(column: Column[Any]) -> Read | None:
    """How a stored value of the column is written in an entry; None for as it is."""
    for kind, read in _READERS.items():
        if isinstance(column.type, kind):
            return read
    return None


def _switch(stored: Any) -> Any:
    """SQLite keeps 0 and 1."""
    return bool(stored) if stored in (0, 1) else stored


def _time(stored: Any) -> Any:
    if isinstance(stored, str) and len(stored) == _TIME:
        # As SQLite keeps what the product wrote; what is no time equals none that an entry says.
        return f"{stored[:10]}T{stored[11:]}Z"
    try:
        at = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
        return at and chain.timestamp(at if at.tzinfo else at.replace(tzinfo=UTC))
    except (ValueError, AttributeError):
        return stored


def _json(stored: Any) -> Any:
    """The value; most are empty, of which nothing needs to be read."""
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
    {"name_key": lambda row: name_key(row["name"])},
)
USERS = Guarded(
    User.metadata.tables["users"],
    (Action.USER_CREATED, Action.USER_INVITED),
    {"active": True, "time_zone": "UTC"},
    {
        "username_key": lambda row: row["username"].casefold(),
        "email_key": lambda row: row["email"].casefold(),
    },
    "password_hash",
)

GUARDED = {guarded.table.name: guarded for guarded in (TENANTS, USERS)}
"""By name, which another process is told."""
