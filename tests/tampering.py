"""What the owner of the tables can do to the history: everything, with the guards away."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from webui.core.extensions import WRITING, db, is_sqlite
from webui.history.record import chain, entry_rows
from webui.history.verification import raw_rows
from webui.models import AuditEntry, AuditField, AuditSealed, AuditWord
from webui.models.triggers import registry

Body = dict[str, Any]


@contextmanager
def without_guards() -> Iterator[Connection]:
    """A transaction without triggers and foreign keys; both are back afterwards."""
    db.session.rollback()
    with db.engine.connect().execution_options(**{WRITING: True}) as connection:
        if not is_sqlite():
            with connection.begin():
                # A replica fires no triggers; those of foreign keys are among them.
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
                yield connection
            return
        connection.connection.cursor().execute("PRAGMA foreign_keys = OFF")
        with connection.begin():
            registry.drop(connection)
            yield connection
            registry.create(connection)
        connection.connection.cursor().execute("PRAGMA foreign_keys = ON")


def body_of(connection: Connection, seq: int) -> Body:
    """An entry's body."""
    found = connection.execute(select(AuditEntry.body).where(AuditEntry.seq == seq))
    return json.loads(found.scalar_one())


def set_columns(connection: Connection, seq: int, **values: Any) -> None:
    """Writes columns of an entry."""
    connection.execute(
        update(AuditEntry.__table__).where(AuditEntry.seq == seq).values(**values)  # type: ignore[arg-type]
    )


def remove(connection: Connection, first: int, last: int) -> None:
    """Takes entries away, with their extracts and sealed values."""
    ids = select(AuditEntry.id).where(AuditEntry.seq.between(first, last))
    table: Any = AuditSealed.__table__
    connection.execute(delete(table).where(table.c.entry.in_(ids)))
    _remove_text(connection, first, last)


def _remove_text(connection: Connection, first: int, last: int) -> None:
    for model in (AuditField, AuditWord, AuditEntry):
        table: Any = model.__table__
        connection.execute(delete(table).where(table.c.seq.between(first, last)))


def put(connection: Connection, body: Body, seq: int | None = None) -> None:
    """Writes an entry of a body as the product would, at another place if told so."""
    place = {"seq": seq or body["seq"]}
    entry = entry_rows.entry_row(body, chain.canonical(body))
    for model, made in (
        (AuditEntry, [entry]),
        (AuditField, entry_rows.field_rows(body)),
        (AuditWord, entry_rows.word_rows(body)),
    ):
        if made:
            table: Any = model.__table__
            connection.execute(insert(table), [{**row, **place} for row in made])


def rewrite(connection: Connection, seq: int, change: Callable[[Body], None]) -> None:
    """Replaces an entry by a changed one that is consistent in itself."""
    body = body_of(connection, seq)
    change(body)
    _remove_text(connection, seq, seq)
    put(connection, body)


def rebuild(connection: Connection, seq: int, last: int, change: Callable[[Body], None]) -> None:
    """Changes an entry and chains it and everything after it anew: a perfect forgery."""
    rewrite(connection, seq, change)
    before = chain.digest(chain.canonical(body_of(connection, seq)))
    for following in range(seq + 1, last + 1):
        rewrite(connection, following, lambda body, prev=before: body.update(prev=prev))
        before = chain.digest(chain.canonical(body_of(connection, following)))


def break_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the database refuse what a verification asks it."""
    queries = replace(raw_rows._SQLITE, fields="SELECT nonsense")
    for name in ("_SQLITE", "_POSTGRESQL"):
        monkeypatch.setattr(raw_rows, name, queries)
