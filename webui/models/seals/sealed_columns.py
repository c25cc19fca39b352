"""The list of all columns that use keys: those of ``Encrypted`` attributes, and row seals.

Rotation, counts and the triggers against retired keys use this list, so a new encrypted column
is covered as soon as it is mapped.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Index, String, Table, inspect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from webui.core.extensions import Base
from webui.models.columns import Encrypted

SEALED_TABLES = ("tenants", "users")
"""The tables whose rows have a seal, in the column ``seal``."""


class key_of(FunctionElement[str]):  # noqa: N801
    """SQL: the key id in a stored text, the middle of ``e1.<kid>.<...>``."""

    inherit_cache = True
    type = String()
    name = "key_of"


@compiles(key_of, "sqlite")
def _key_of_sqlite(element: key_of, compiler: Any, **options: Any) -> str:
    return key_sql(compiler.process(element.clauses, **options), sqlite=True)


@compiles(key_of, "postgresql")
def _key_of_postgresql(element: key_of, compiler: Any, **options: Any) -> str:
    return key_sql(compiler.process(element.clauses, **options), sqlite=False)


def key_sql(column: str, *, sqlite: bool) -> str:
    """Returns the key id of a column as SQL. An index is used only for exactly this text."""
    if sqlite:
        return f"substr({column}, 4, instr(substr({column}, 4), '.') - 1)"
    return f"split_part({column}, '.', 2)"


@dataclass(frozen=True)
class KeyedColumn:
    """A column whose texts contain a key id, and the column of its blind index, if any."""

    table: Table
    column: Column[str]
    index: Column[str] | None

    @property
    def key(self) -> list[Column[Any]]:
        """The primary key of the table."""
        return list(self.table.primary_key.columns)

    def __str__(self) -> str:
        return f"{self.table.name}.{self.column.name}"


@dataclass(frozen=True)
class SealedColumn(KeyedColumn):
    """A column of sealed values, and the attribute that writes it."""

    attribute: Encrypted


def keyed_columns() -> list[KeyedColumn]:
    """Returns every column of sealed values and of row seals, in a fixed order."""
    return [*sealed_columns(), *seal_columns()]


def seal_columns() -> list[KeyedColumn]:
    """Returns every column of row seals, in a fixed order."""
    tables = (Base.metadata.tables[name] for name in SEALED_TABLES)
    return [KeyedColumn(table, table.c.seal, None) for table in tables]


def sealed_columns() -> list[SealedColumn]:
    """Returns every column of sealed values, in a fixed order."""
    found = [
        _described(mapper, attribute)
        for mapper in Base.registry.mappers
        for attribute in vars(mapper.class_).values()
        if isinstance(attribute, Encrypted)
    ]
    return sorted(found, key=str)


def _described(mapper: Any, attribute: Encrypted) -> SealedColumn:
    columns = mapper.columns
    index = columns[attribute.index] if attribute.index else None
    return SealedColumn(mapper.local_table, columns[attribute.column], index, attribute)


def index_keys(model: type[Base], names: Iterable[str]) -> None:
    """Adds indexes by key id to columns of a large table, to count the values of a key fast."""
    mapper = inspect(model)
    for name in names:
        _index_keys_of(_described(mapper, vars(model)[name]))


def index_seals() -> None:
    """Adds the same indexes to the row seals."""
    for place in seal_columns():
        _index_keys_of(place)


def _index_keys_of(place: KeyedColumn) -> None:
    Index(f"ix_{place.table.name}_{place.column.name}_kid", key_of(place.column), *place.key)
