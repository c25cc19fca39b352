"""The list of all triggers, and how they are created and dropped.

``guard_`` triggers refuse changes (DESIGN 7); ``sync_`` triggers update SQLite's name search and
the copies in ``usage_ranks``.
Created after every migration (a SQLite table that a migration rebuilds loses its triggers),
so a migrated database and a fresh one have the same.
"""

from sqlalchemy import Connection, text

from webui.core.extensions import is_sqlite
from webui.models.triggers import api_tokens, history, keys, tenants, usage, users

_PARTS = (history, tenants, users, api_tokens, keys, usage)


def create(connection: Connection) -> None:
    """Drops and creates every trigger; safe to repeat."""
    drop(connection)
    for part in _PARTS:
        for statement in part.sqlite() if is_sqlite(connection) else part.postgresql():
            connection.exec_driver_sql(statement)


def drop(connection: Connection) -> None:
    """Drops every trigger, so that a migration can change the tables."""
    if is_sqlite(connection):
        names = connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        ).scalars()
        for name in list(names):
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        return
    rows = connection.execute(
        text(
            "SELECT tgname, tgrelid::regclass::text FROM pg_trigger"
            " WHERE NOT tgisinternal AND (tgname LIKE 'guard_%' OR tgname LIKE 'sync_%')"
        )
    ).all()
    for name, table in rows:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}" ON {table}')
    functions = connection.execute(
        text(
            "SELECT oid::regprocedure::text FROM pg_proc"
            " WHERE proname LIKE 'guard_%' OR proname LIKE 'sync_ranks_%'"
        )
    ).scalars()
    for function in list(functions):
        connection.exec_driver_sql(f"DROP FUNCTION {function}")
