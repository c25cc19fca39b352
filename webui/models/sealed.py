"""Where sealed values stand: every mapped column that an ``Encrypted`` attribute fills.

Rotation, counting and the guard against retired keys take the columns from here, so a new
encrypted column is covered as soon as it is mapped.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Index, String, Table, inspect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from webui.extensions import Base
from webui.models.columns import Encrypted


class key_of(FunctionElement[str]):  # noqa: N801
    """The key id that a stored text names: the middle of ``e1.<kid>.<...>``, as SQL."""

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
    """The key id of a column as SQL text; an index answers it only word by word."""
    if sqlite:
        return f"substr({column}, 4, instr(substr({column}, 4), '.') - 1)"
    return f"split_part({column}, '.', 2)"


@dataclass(frozen=True)
class SealedColumn:
    """A column of sealed values, and the attribute that fills it."""

    table: Table
    column: Column[str]
    attribute: Encrypted
    index: Column[str] | None

    @property
    def key(self) -> list[Column[Any]]:
        """The primary key of the table."""
        return list(self.table.primary_key.columns)

    def __str__(self) -> str:
        return f"{self.table.name}.{self.column.name}"


def sealed_columns() -> list[SealedColumn]:
    """Every column with sealed values, in a fixed order."""
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
    return SealedColumn(mapper.local_table, columns[attribute.column], attribute, index)


def index_keys(model: type[Base], names: Iterable[str]) -> None:
    """Indexes columns of a large table by key id, so that values under a key are counted fast."""
    mapper = inspect(model)
    for name in names:
        place = _described(mapper, vars(model)[name])
        Index(f"ix_{place.table.name}_{place.column.name}_kid", key_of(place.column), *place.key)
