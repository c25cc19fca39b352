"""Reads `tenants`, `users` and the entries about their rows, in the order of the rows' ids.

Returns the plain tuples of the database drivers, like `raw_rows`. A range of ids includes both
ends, in the database's spelling.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, NamedTuple, cast

from psycopg.types.string import TextLoader
from sqlalchemy import Connection, Select, bindparam, null, select

from webui.history.verification.rows.replayed_state import TENANTS, USERS, Guarded, Row
from webui.models import AuditEntry

AT_ONCE = 500
"""Rows that are compared, and in memory, at a time."""
_LOW: Any = bindparam("low")
_HIGH: Any = bindparam("high")


class Range(NamedTuple):
    """Ids from ``low`` to ``high``. Bytes mark the end on SQLite: they sort after all text."""

    low: str
    high: str | bytes


def _about(subject: Any, version: Any, order: Any) -> Select[Any]:
    columns = (subject, AuditEntry.seq, AuditEntry.id, AuditEntry.action, version, AuditEntry.body)
    here = subject.between(_LOW, _HIGH)
    return select(*columns).where(here).order_by(subject, order)


_ENTRIES = {
    # In the order of the unique index on tenant and version.
    TENANTS: _about(
        AuditEntry.tenant_id, AuditEntry.tenant_version, AuditEntry.tenant_version
    ).where(AuditEntry.tenant_version.is_not(None)),
    USERS: _about(AuditEntry.subject_id, null(), AuditEntry.seq),
}


@contextmanager
def one_moment(connection: Connection) -> Iterator[None]:
    """Makes all reads inside see the same state, while other connections write."""
    connection.rollback()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN")
    else:
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    try:
        yield
    finally:
        connection.rollback()


def ranges(connection: Connection, guarded: Guarded) -> list[Range]:
    """Returns ranges of AT_ONCE rows each that together cover all ids, also of missing rows."""
    is_sqlite = connection.dialect.name == "sqlite"
    first, last = ("", b"\xff" * 64) if is_sqlite else ("0" * 32, "f" * 32)
    identity = guarded.table.c.id
    ids = _stream(connection, select(identity).order_by(identity), {})
    borders = [row[0] for n, row in enumerate(ids, 1) if n % AT_ONCE == 0]
    # A border is in two ranges: its row is compared twice, and its problems are reported once.
    return [Range(*pair) for pair in zip([first, *borders], [*borders, last], strict=True)]


def rows(connection: Connection, guarded: Guarded, within: Range) -> dict[str, Row]:
    """Returns the rows of a range by id, about AT_ONCE at most."""
    table = guarded.table
    names = [column.name for column in table.columns]
    query = select(table).where(table.c.id.between(_LOW, _HIGH))
    found = _stream(connection, query, within._asdict())
    return {row["id"]: row for row in (dict(zip(names, values, strict=True)) for values in found)}


def entries(connection: Connection, guarded: Guarded, within: Range) -> Iterator[tuple[Any, ...]]:
    """Yields the entries about the rows of a range, as `replay.replay` takes them."""
    return _stream(connection, _ENTRIES[guarded], within._asdict())


def _stream(
    connection: Connection, query: Select[Any], values: dict[str, Any]
) -> Iterator[tuple[Any, ...]]:
    """Yields rows as they arrive, unconverted: SQLAlchemy's types take more time than the rest."""
    compiled = query.compile(dialect=connection.dialect)
    raw = cast(Any, connection.connection)
    with closing(raw.cursor()) as cursor:
        if connection.dialect.name == "sqlite":
            places = cast(Sequence[str], compiled.positiontup)
            yield from cursor.execute(str(compiled), [values[name] for name in places])
            return
        cursor.adapters.register_loader("uuid", TextLoader)
        yield from cursor.stream(str(compiled), values, size=100)
