"""Helpers for migrations that change the CHECK constraint of an existing table."""

import re

import sqlalchemy as sa
from alembic import op


class NoSuchCheck(LookupError):
    """The table has no constraint of that name."""


def replace_check(table: str, name: str, condition: str) -> None:
    """Changes the condition of the constraint ``ck_<table>_<name>``, for example to add a word.

    ``condition`` is SQL for both databases; existing rows that do not meet it are an error on
    PostgreSQL. On SQLite the text of the schema is edited in place, as its manual describes for
    changes that do not affect stored rows ("ALTER TABLE", section 7), because a rebuilt table
    would lose its triggers. Raises NoSuchCheck.
    """
    # The name as it is: the naming convention would put its prefix before it once more.
    full_name = op.f(f"ck_{table}_{name}")
    if op.get_context().dialect.name == "sqlite":
        _edit_schema(table, full_name, condition)
    else:
        op.drop_constraint(full_name, table, type_="check")
        op.create_check_constraint(full_name, table, condition)


def words_check(column: str, words: list[str]) -> str:
    """Returns the condition that the column has one of the words."""
    return f"{column} IN ({', '.join(map(_quoted, words))})"


def _quoted(word: str) -> str:
    if not re.fullmatch("[a-z_]+", word):
        raise ValueError("a word of a vocabulary is made of small letters")
    return f"'{word}'"


def _edit_schema(table: str, full_name: str, condition: str) -> None:
    connection = op.get_bind()
    query = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :table")
    old = connection.scalar(query, {"table": table})
    new = _with_condition(old or "", full_name, condition)
    version = connection.scalar(sa.text("PRAGMA schema_version"))
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    update = "UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :table"
    connection.execute(sa.text(update), {"sql": new, "table": table})
    # Makes every connection, this one included, read the schema again.
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1:d}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    found = connection.scalar(sa.text("PRAGMA integrity_check"))
    if found != "ok":
        raise ValueError(f"the schema of {table} would be damaged: {found}")


def _with_condition(sql: str, full_name: str, condition: str) -> str:
    """Returns the CREATE TABLE statement with the new condition in the constraint."""
    start = re.search(rf"CONSTRAINT {re.escape(full_name)} CHECK \(", sql)
    if start is None:
        raise NoSuchCheck(full_name)
    return sql[: start.end()] + condition + sql[_closing(sql, start.end()) :]


def _closing(sql: str, inside: int) -> int:
    """Returns the position of the ``)`` for the ``(`` before ``inside``; ignores quoted text."""
    depth, quoted = 1, False
    for place in range(inside, len(sql)):
        letter = sql[place]
        if letter == "'":
            quoted = not quoted
        elif not quoted:
            depth += {"(": 1, ")": -1}.get(letter, 0)
            if depth == 0:
                return place
    raise NoSuchCheck("the constraint is never closed")
