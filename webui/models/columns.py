"""Column types and the declaration of how a column reaches the history."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    DateTime,
    Dialect,
    Index,
    Text,
    false,
    text,
    true,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import object_mapper
from sqlalchemy.schema import SchemaItem
from sqlalchemy.types import TypeDecorator

from webui.core.catalogue import FIELDS
from webui.core.extensions import Base, keyring
from webui.crypto import blind_index, fields
from webui.values import compact_json, same_json


class Audited(StrEnum):
    """How a column's change stands in a history entry (DESIGN 7)."""

    PLAIN = "plain"
    """Old and new value as they are."""
    SEALED = "sealed"
    """A digest in the entry; the value encrypted beside it."""
    EVENT = "event"
    """Only the words set, replaced or removed."""
    DERIVED = "derived"
    """Follows from other columns or from the entry itself; never stands in it."""


def audited(kind: Audited) -> dict[str, Audited]:
    """The ``info`` of a column."""
    return {"audit": kind}


PLAIN = audited(Audited.PLAIN)
SEALED = audited(Audited.SEALED)
EVENT = audited(Audited.EVENT)
DERIVED = audited(Audited.DERIVED)

# Compared byte by byte on both databases, so that sorting and prefixes agree.
BinaryText = Text().with_variant(Text(collation="C"), "postgresql")
_LAST = "\U0010ffff"


def past(prefix: str) -> str:
    """A text that comes after all that begin with the prefix, byte by byte."""
    return prefix + _LAST


def starts_with(key: Any, prefix: str) -> ColumnElement[bool]:
    """A prefix as a range, which any index in byte order answers."""
    return (key >= prefix) & (key < past(prefix))


def partial_index(name: str, *columns: Any, where: str, on_sqlite: str | None = None) -> Index:
    """An index of the rows that meet a condition, which SQLite may need in other words."""
    here = text(on_sqlite or where)
    return Index(name, *columns, postgresql_where=text(where), sqlite_where=here)


# SQLite's hidden row id is a second way to name a row: INSERT OR REPLACE could use it to
# delete one past the triggers. Tables that are guarded have none.
NO_ROW_ID = {"sqlite_with_rowid": False}


def now() -> datetime:
    """The current time in UTC, to the microsecond."""
    return datetime.now(UTC)


class SpoiledValue(ValueError):
    """A stored value is none of its column's kind: somebody wrote it around the product."""


class CannotSeal(SQLAlchemyError):
    """A row cannot be saved: its seal was made with a key that this process lacks.

    Like any failure of the database: nothing was written, and what was typed is kept.
    """


class UTCDateTime(TypeDecorator[datetime]):
    """Times in UTC: aware in Python, timestamptz on PostgreSQL, sortable text on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """What a value is in Python."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuses naive times: they have no place on the time line."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Gives an aware time in UTC."""
        return None if value is None else _in_utc(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """On SQLite reads the text itself. Raises SpoiledValue for one that is no time."""
        if dialect.name == "sqlite":
            return _time_of
        return super().result_processor(dialect, coltype)


def _time_of(stored: Any) -> datetime | None:
    if stored is None:
        return None
    try:
        return _in_utc(datetime.fromisoformat(stored))
    except (ValueError, TypeError):
        raise SpoiledValue("no time") from None


def _in_utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


class CompactJSON(TypeDecorator[Any]):
    """JSON as compact text, so that its size and its words can be checked by the database."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """The compact text."""
        return None if value is None else compact_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """The parsed value. Raises SpoiledValue for a text that is no JSON."""
        try:
            return None if value is None else json.loads(value)
        except (ValueError, TypeError):
            raise SpoiledValue("no JSON") from None

    def compare_values(self, x: Any, y: Any) -> bool:
        """Equal JSON, whatever the key order."""
        return same_json(x, y)


def stored_default(name: str) -> Any:
    """The ``server_default`` of a field's column, from its one definition in the catalogue."""
    value = FIELDS[name].use.default
    if isinstance(value, bool):
        return true() if value else false()
    if isinstance(value, int):
        return text(str(value))
    return value if isinstance(value, str) else compact_json(value)


def field_checks(names: Iterable[str]) -> list[SchemaItem]:
    """The CHECK constraint of each named field, from its one definition in limits."""
    checks: list[SchemaItem] = []
    for name in names:
        sql, loose = FIELDS[name].check(), FIELDS[name].loose_check()
        if sql:
            checks.append(CheckConstraint(sql, name=f"{name}_limits"))
        if loose:
            # SQLite keeps 5.5 or 'maybe' in any column unless it is told not to.
            check = CheckConstraint(loose, name=f"{name}_type")
            checks.append(check.ddl_if(dialect="sqlite"))
    return checks


class Encrypted:
    """An attribute whose column holds a sealed value; reading decrypts, writing encrypts.

    ``column`` is the attribute that maps the column; ``index`` the one that holds the blind
    index of ``key(value)``, kept in step; ``name`` the logical column that the value is bound
    to, where it is not the attribute's own name. The owner must have its primary key before
    the first write. Reading raises the errors of :func:`webui.crypto.fields.unseal`.
    """

    def __init__(
        self,
        column: str,
        index: str | None = None,
        key: Callable[[str], str] = str,
        name: str | None = None,
    ) -> None:
        self.column = column
        self.index = index
        self.key = key
        self.name = name or ""

    def __set_name__(self, owner: type[Base], name: str) -> None:
        self.name = self.name or name
        self.owner = owner

    def __get__(self, instance: Base | None, owner: type) -> Any:
        if instance is None:
            return self
        token = getattr(instance, self.column)
        return None if token is None else self.open(token, _primary_key(instance))

    def open(self, token: str, primary_key: Iterable[Any]) -> str:
        """The value of a stored text, for who read columns instead of an object."""
        return fields.unseal(keyring(), token, self._table, self.name, row_id(primary_key))

    def __set__(self, instance: Base, value: str | None) -> None:
        ring, table = keyring(), self._table
        token = index = None
        if value is not None:
            token = fields.seal(ring, value, table, self.name, row_id(_primary_key(instance)))
            if self.index:
                index = blind_index.index(ring, self.key(value), table, self.name)
        setattr(instance, self.column, token)
        if self.index:
            setattr(instance, self.index, index)

    @property
    def _table(self) -> str:
        return self.owner.__tablename__


def _primary_key(instance: Base) -> Iterable[Any]:
    return object_mapper(instance).primary_key_from_instance(instance)


def row_id(primary_key: Iterable[Any]) -> str:
    """The row that a sealed value is bound to: the parts of its primary key."""
    return "/".join(map(str, primary_key))
