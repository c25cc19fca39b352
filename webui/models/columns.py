"""Column types, and the declaration of how a column's changes are written to the history."""

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
    Uuid,
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
from webui.crypto.keyring import KeyRing
from webui.values import compact_json, past, same_json


class Audited(StrEnum):
    """How a column's change is written in a history entry (DESIGN 7)."""

    PLAIN = "plain"
    """Old and new value in plain text."""
    SEALED = "sealed"
    """A digest in the entry; the value encrypted beside it."""
    EVENT = "event"
    """Only the word "set", "replaced" or "removed"."""
    DERIVED = "derived"
    """Computed from other columns or from the entry itself; never written in it."""


def audited(kind: Audited) -> dict[str, Audited]:
    """Returns the ``info`` of a column of this kind."""
    return {"audit": kind}


PLAIN = audited(Audited.PLAIN)
SEALED = audited(Audited.SEALED)
EVENT = audited(Audited.EVENT)
DERIVED = audited(Audited.DERIVED)

# Compared byte by byte on both databases, so that sorting and prefixes agree.
BinaryText = Text().with_variant(Text(collation="C"), "postgresql")


def starts_with(key: Any, prefix: str) -> ColumnElement[bool]:
    """Returns the condition "starts with the prefix" as a range, for an index in byte order."""
    return (key >= prefix) & (key < past(prefix))


def partial_index(name: str, *columns: Any, where: str, on_sqlite: str | None = None) -> Index:
    """Returns an index of the rows that meet ``where`` (``on_sqlite`` replaces it on SQLite)."""
    here = text(on_sqlite or where)
    return Index(name, *columns, postgresql_where=text(where), sqlite_where=here)


# SQLite's hidden row id is a second key of a row: INSERT OR REPLACE could use it to delete a
# row without the triggers noticing. Tables with guard triggers have none.
NO_ROW_ID = {"sqlite_with_rowid": False}


def now() -> datetime:
    """The current time in UTC, to the microsecond."""
    return datetime.now(UTC)


class SpoiledValue(ValueError):
    """A stored value does not have its column's type: it was not written by this product."""


class CannotSeal(SQLAlchemyError):
    """A row cannot be saved: its seal was made with a key that this process does not have.

    Handled as any database failure: nothing was written, and the person's input is kept.
    """


class UTCDateTime(TypeDecorator[datetime]):
    """Times in UTC: aware in Python, timestamptz on PostgreSQL, sortable text on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """The Python type of a value."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Returns the time in UTC. Raises ValueError for a naive time, which is ambiguous."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Returns an aware time in UTC."""
        return None if value is None else _in_utc(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """On SQLite parses the stored text. Raises SpoiledValue when it is not a time."""
        if dialect.name == "sqlite":
            return _parsed_time
        return super().result_processor(dialect, coltype)


def _parsed_time(stored: Any) -> datetime | None:
    if stored is None:
        return None
    try:
        return _in_utc(datetime.fromisoformat(stored))
    except (ValueError, TypeError):
        raise SpoiledValue("no time") from None


def _in_utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


class IdText(Uuid[str]):
    """Ids read as text with dashes, which takes a fifth of the time of making UUIDs.

    On SQLite a stored text that is no id gives a text that is none either.
    """

    def __init__(self) -> None:
        super().__init__(as_uuid=False)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """Adds the dashes on SQLite, which stores ids without."""
        if dialect.name == "sqlite":
            return lambda stored: None if stored is None else dashed(stored)
        return super().result_processor(dialect, coltype)


def dashed(stored: str) -> str:
    """Returns an id as SQLite stores it with its dashes."""
    return f"{stored[:8]}-{stored[8:12]}-{stored[12:16]}-{stored[16:20]}-{stored[20:]}"


class CompactJSON(TypeDecorator[Any]):
    """JSON as compact text, so that CHECK constraints can test its size and values."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Returns the compact text."""
        return None if value is None else compact_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Returns the parsed value. Raises SpoiledValue for a text that is not JSON."""
        try:
            return None if value is None else json.loads(value)
        except (ValueError, TypeError):
            raise SpoiledValue("no JSON") from None

    def compare_values(self, x: Any, y: Any) -> bool:
        """Whether both are the same JSON; key order is ignored."""
        return same_json(x, y)


def stored_default(name: str) -> Any:
    """Returns the ``server_default`` of a field's column, from the catalogue."""
    value = FIELDS[name].use.default
    if isinstance(value, bool):
        return true() if value else false()
    if isinstance(value, int):
        return text(str(value))
    return value if isinstance(value, str) else compact_json(value)


def field_checks(names: Iterable[str]) -> list[SchemaItem]:
    """Returns the CHECK constraints of the named fields, from the catalogue."""
    checks: list[SchemaItem] = []
    for name in names:
        sql, loose = FIELDS[name].check(), FIELDS[name].loose_check()
        if sql:
            checks.append(CheckConstraint(sql, name=f"{name}_limits"))
        if loose:
            # Without this SQLite accepts 5.5 or 'maybe' in any column.
            check = CheckConstraint(loose, name=f"{name}_type")
            checks.append(check.ddl_if(dialect="sqlite"))
    return checks


class Encrypted:
    """An attribute whose column stores a sealed value; reading decrypts, writing encrypts.

    ``column``: the attribute that maps the column. ``index``: the attribute for the blind index
    of ``key(value)``, updated with every write. ``name``: the logical column that the value is
    bound to, by default the attribute's own name. The object needs its primary key before the
    first write. Reading raises the errors of :func:`webui.crypto.fields.unseal`.
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

    def open(self, token: str, primary_key: Iterable[Any], ring: KeyRing | None = None) -> str:
        """Decrypts a stored text, for callers that read columns instead of objects.

        ``ring``: the key ring, for callers that open many; by default the application's.
        """
        row = row_id(primary_key)
        return fields.unseal(ring or keyring(), token, self._table, self.name, row)

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
    """Returns the row id that a sealed value is bound to: the parts of its primary key."""
    return "/".join(map(str, primary_key))
