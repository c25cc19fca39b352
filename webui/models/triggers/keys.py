"""The triggers that refuse a new value with a retired key, which could never be read again.

A process that was started before a key was replaced still writes with the old key. Retiring
the key waits for such a transaction (PostgreSQL: FOR SHARE here, FOR UPDATE there; SQLite has
one writer at a time).
"""

from collections.abc import Iterator

from webui.models.key import EncryptionKey
from webui.models.seals.sealed_columns import key_sql, keyed_columns

_KEYS = EncryptionKey.__tablename__
_MESSAGE = "that key was retired: restart this process"


def _columns() -> dict[str, list[str]]:
    """Returns table -> its columns with sealed values, and its row seal."""
    tables: dict[str, list[str]] = {}
    for place in keyed_columns():
        tables.setdefault(place.table.name, []).append(place.column.name)
    return tables


def sqlite() -> Iterator[str]:
    """Yields the triggers of SQLite: one for INSERT and one for UPDATE of each table."""
    for table, columns in _columns().items():
        kids = {name: key_sql(f"NEW.{name}", sqlite=True) for name in columns}
        yield _sqlite_trigger(table, "insert", "INSERT", list(kids.values()))
        changed = [
            f"CASE WHEN NEW.{name} IS NOT OLD.{name} THEN {kid} END" for name, kid in kids.items()
        ]
        yield _sqlite_trigger(table, "rewrite", f"UPDATE OF {', '.join(columns)}", changed)


def _sqlite_trigger(table: str, name: str, event: str, kids: list[str]) -> str:
    return (
        f"CREATE TRIGGER guard_{table}_retired_{name} BEFORE {event} ON {table} WHEN EXISTS "
        f"(SELECT 1 FROM {_KEYS} WHERE retired_at IS NOT NULL AND kid IN ({', '.join(kids)})) "
        f"BEGIN SELECT RAISE(ABORT, '{_MESSAGE}'); END"
    )


def postgresql() -> Iterator[str]:
    """Yields a function and a trigger of PostgreSQL for each table."""
    for table, columns in _columns().items():
        kids = ", ".join(
            f"CASE WHEN NEW.{name} IS DISTINCT FROM OLD.{name}"
            f" THEN {key_sql(f'NEW.{name}', sqlite=False)} END"
            for name in columns
        )
        yield (
            f"CREATE OR REPLACE FUNCTION guard_{table}_retired() RETURNS trigger "
            "LANGUAGE plpgsql AS $$ BEGIN "
            f"PERFORM 1 FROM {_KEYS} WHERE kid IN ({kids}) FOR SHARE; "
            f"IF EXISTS (SELECT 1 FROM {_KEYS} WHERE retired_at IS NOT NULL AND kid IN ({kids})) "
            f"THEN RAISE EXCEPTION '{_MESSAGE}' "
            "USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"
        )
        yield (
            f"CREATE TRIGGER guard_{table}_retired BEFORE INSERT OR UPDATE OF {', '.join(columns)} "
            f"ON {table} FOR EACH ROW EXECUTE FUNCTION guard_{table}_retired()"
        )
