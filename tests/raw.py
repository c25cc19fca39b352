"""The database as somebody with a SQL prompt sees it."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import DataError, IntegrityError

from tests.tampering import without_guards
from webui.core.extensions import db, is_sqlite, write_transaction


def run(*statements: str) -> None:
    """Executes the statements in one write transaction, around all of the product's code."""
    with write_transaction():
        for statement in statements:
            db.session.connection().exec_driver_sql(statement.replace("%", "%%"))


def past_the_guards(*statements: str) -> None:
    """The same for who dropped the triggers meanwhile: what is left to notice it are the seals."""
    with without_guards() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%"))


def rows(query: str) -> list[tuple[Any, ...]]:
    """What a query finds."""
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def everything() -> dict[str, list[str]]:
    """Every row of every table, as text."""
    db.session.rollback()
    with db.engine.connect() as connection:
        read = _on_sqlite if is_sqlite() else _on_postgresql
        return {table: sorted(content) for table, content in read(connection).items()}


def _on_sqlite(connection: Connection) -> dict[str, list[str]]:
    tables = inspect(connection).get_table_names()
    found = {t: connection.exec_driver_sql(f'SELECT * FROM "{t}"').all() for t in tables}
    return {table: [repr(row) for row in content] for table, content in found.items()}


def _on_postgresql(connection: Connection) -> dict[str, list[str]]:
    """One statement for all tables: a round trip for each takes ten times as long."""
    tables = connection.exec_driver_sql(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    ).scalars()
    found: dict[str, list[str]] = {table: [] for table in tables}
    selects = [f"SELECT '{name}', CAST(r AS text) FROM \"{name}\" AS r" for name in found]
    for table, row in connection.exec_driver_sql(" UNION ALL ".join(selects)):
        found[table].append(row)
    return found


# What the history says about asking itself (DESIGN 7): the only thing that reading writes.
ABOUT_ASKING = {"audit.exported", "audit.opened", "access.denied"}
_ITS_TABLES = {
    *("audit_entries", "audit_fields", "audit_words", "audit_checkpoints"),
    *("denied_attempts", "daily_marks"),
}


def everything_but_asking() -> dict[str, list[Any]]:
    """Every row but what the history says about asking; of other entries their actions."""
    found: dict[str, list[Any]] = {
        table: content for table, content in everything().items() if table not in _ITS_TABLES
    }
    actions = rows("SELECT seq, action FROM audit_entries ORDER BY seq")
    found["audit_entries"] = [row for row in actions if row[1] not in ABOUT_ASKING]
    return found


@contextmanager
def only_asked() -> Iterator[None]:
    """Whatever happens inside, only the history says so: no other row differs afterwards."""
    before = everything_but_asking()
    yield
    assert everything_but_asking() == before


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


def each_refused(
    statements: Iterable[str],
    match: str = "",
    error: Any = (IntegrityError, DataError),
) -> None:
    """The database refuses each statement in a transaction of its own, and nothing changed.

    For attacks that begin from the same rows: those are made, and looked at, once for all.
    """
    with unchanged():
        said = {statement: _refusal(statement, error) for statement in statements}
    assert said, "nothing was tried"
    assert {s: text for s, text in said.items() if not (text and re.search(match, text))} == {}


def _refusal(statement: str, error: Any) -> str:
    """What the database says against a statement; nothing if it was executed."""
    try:
        run(statement)
    except error as refusal:
        return str(refusal)
    return ""


def columns_of(table: str) -> list[str]:
    return [column.name for column in db.metadata.tables[table].columns]


def copy_of_tenant(identity: str | None = None, version: str = "1", verb: str = "INSERT") -> str:
    """An INSERT of the tenant's row under another id."""
    values = {"id": f"'{identity or uuid4().hex}'", "version": version}
    if not is_sqlite():
        values["id"] = f"CAST({values['id']} AS uuid)"
    return copy_of("tenants", values, verb, "name = 'Acme'")


def copy_of(table: str, values: dict[str, str], verb: str = "INSERT", where: str = "true") -> str:
    """An INSERT of a row that differs in some columns from one that is there."""
    columns = {name: name for name in columns_of(table)} | values
    selected = ", ".join(columns.values())
    return (
        f"{verb} INTO {table} ({', '.join(columns)}) SELECT {selected} FROM {table} WHERE {where}"
    )


def new_entry(verb: str = "INSERT", **values: str) -> str:
    """An INSERT of an entry after the newest one; `values` are SQL over that one."""
    identity = f"'{uuid4().hex}'" if is_sqlite() else f"CAST('{uuid4().hex}' AS uuid)"
    fresh = {
        "seq": "seq + 1",
        "id": identity,
        "hash": f"'{uuid4().hex * 2}'",
        "tenant_id": "NULL",
        "tenant_version": "NULL",
    }
    newest = "seq = (SELECT max(seq) FROM audit_entries)"
    return copy_of("audit_entries", fresh | values, verb, newest)


def refused_by(call: Any, match: str | None = None) -> None:
    """The database refuses what the product's own code tries, and nothing changed."""
    with unchanged(), pytest.raises((IntegrityError, DataError), match=match):
        call()
