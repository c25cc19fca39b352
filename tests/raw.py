"""The database as somebody with a SQL prompt sees it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import inspect
from sqlalchemy.exc import DataError, IntegrityError

from webui.extensions import db, write_transaction


def run(*statements: str) -> None:
    """Executes the statements in one write transaction, around all of the product's code."""
    with write_transaction():
        for statement in statements:
            db.session.connection().exec_driver_sql(statement.replace("%", "%%"))


def rows(query: str) -> list[tuple[Any, ...]]:
    """What a query finds."""
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def everything() -> dict[str, list[str]]:
    """Every row of every table."""
    db.session.rollback()
    tables = inspect(db.engine).get_table_names()
    return {table: sorted(map(repr, rows(f'SELECT * FROM "{table}"'))) for table in tables}


@contextmanager
def unchanged() -> Iterator[None]:
    """Whatever happens inside, no row differs afterwards."""
    before = everything()
    yield
    assert everything() == before


def refused(
    *statements: str,
    match: str | None = None,
    error: Any = (IntegrityError, DataError),
) -> None:
    """The database refuses the transaction for what it does, and nothing changed."""
    with unchanged(), pytest.raises(error, match=match):
        run(*statements)
