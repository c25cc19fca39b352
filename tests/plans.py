"""How the database would run a statement, asked of tables that are large enough to choose."""

from typing import Any

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    Select,
    Table,
    column,
    func,
    insert,
    select,
    text,
    true,
)

from tests.tampering import without_guards
from webui.core.extensions import db, is_sqlite


def plan_of(statement: str | Select[Any], values: Any = None) -> str:
    """Returns the plan of a statement."""
    if isinstance(statement, Select):
        bare = statement.compile(db.engine, compile_kwargs={"literal_binds": True})
        statement = str(bare).replace("%%", "%")
    explain = "EXPLAIN QUERY PLAN " if is_sqlite() else "EXPLAIN "
    with db.engine.connect() as connection:
        if not is_sqlite():
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        return str(connection.exec_driver_sql(explain + statement, values).all())


def enlarge(table: Table, **changes: ColumnElement[Any]) -> None:
    """Copies the rows of a table a thousand times, and counts them.

    PostgreSQL chooses an index by the size of a table and by what it counted; SQLite chooses
    by the form of the statement alone and needs no rows. ``changes`` gives the columns in which
    a copy differs; in them ``COPY`` is its number.
    """
    if is_sqlite():
        return
    copies = func.generate_series(1, 1000).table_valued(COPY.name).render_derived()
    columns = [changes.get(column.name, column).label(column.name) for column in table.columns]
    rows = select(*columns).select_from(table.join(copies, true()))
    with without_guards() as connection:
        names = [column.name for column in table.columns]
        connection.execute(insert(table).from_select(names, rows))
        connection.execute(text(f"ANALYZE {table.name}"))


COPY: ColumnClause[int] = column("number")
