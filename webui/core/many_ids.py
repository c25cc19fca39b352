"""SELECTs of the rows of thousands of ids, on both databases."""

from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Uuid, any_, bindparam
from sqlalchemy.dialects.postgresql import ARRAY

from webui.core.extensions import is_sqlite, read

_AT_ONCE = 1_000
"""Ids per statement on SQLite; it allows far more parameters."""


class ByIds:
    """A query for the rows whose column is one of many ids.

    PostgreSQL gets them as one array, because its driver takes long to read a statement with
    thousands of parameters. SQLite has no arrays.
    """

    def __init__(self, query: Select[Any], column: ColumnElement[UUID]) -> None:
        self._in_parts = query.where(column.in_(bindparam("ids", expanding=True)))
        array = bindparam("ids", type_=ARRAY(Uuid))
        self._by_array = query.where(column == any_(array))

    def rows(self, ids: Collection[UUID], **values: Any) -> Iterator[Any]:
        """Yields the rows; ``values`` are the query's other parameters.

        Ids are in order, so that rows of a query that locks are locked in order.
        """
        wanted = sorted(ids)
        if not is_sqlite():
            if wanted:
                yield from read(self._by_array, {"ids": wanted, **values})
            return
        for at in range(0, len(wanted), _AT_ONCE):
            yield from read(self._in_parts, {"ids": wanted[at : at + _AT_ONCE], **values})
