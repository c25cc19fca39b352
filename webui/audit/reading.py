"""Reading the history for a verification: rows as the drivers give them, plain tuples.

Millions of rows pass through here, and one of an ORM costs more than judging it. Whichever
database it is, ids come without dashes and times as ``2026-11-23 14:52:07.000123``. What a
table of extracts holds of an entry is one number, its `checking.Fingerprint`.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection

from webui.audit.checking import Fingerprint, Row

_BATCH = 5_000
"""Rows that PostgreSQL sends at a time."""


@dataclass(frozen=True)
class _Queries:
    """What is asked of a database; each with the first and the last seq as parameters.

    ``entries`` come with two more on either side, so that `judge` sees who broke a link; its
    parameters are first, first, last, last.
    """

    entries: str
    fields: str
    words: str
    reasons: str


_SQLITE = _Queries(
    entries="""
SELECT seq, action, outcome, source, reason, request, address,
  actor_type, actor_id, actor_name, actor_role,
  id, at, tenant_id, tenant_version, subject_id, body, hash
FROM audit_entries
WHERE seq >= coalesce((SELECT min(seq) FROM
    (SELECT seq FROM audit_entries WHERE seq < ? ORDER BY seq DESC LIMIT 2)), ?)
  AND seq <= coalesce((SELECT max(seq) FROM
    (SELECT seq FROM audit_entries WHERE seq > ? ORDER BY seq LIMIT 2)), ?)
ORDER BY seq
""",
    fields="""
SELECT seq, field, tenant_id FROM audit_fields WHERE seq BETWEEN ? AND ?
""",
    words="""
SELECT seq, word FROM audit_words WHERE seq BETWEEN ? AND ?
""",
    reasons="""
SELECT seq, reason FROM audit_entries
WHERE seq BETWEEN ? AND ? AND reason IS NOT NULL
""",
)
_POSTGRESQL = _Queries(
    entries="""
SELECT seq, action, outcome, source, reason, request, address,
  actor_type, actor_id, actor_name, actor_role,
  replace(id::text, '-', ''), to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
  replace(tenant_id::text, '-', ''), tenant_version, replace(subject_id::text, '-', ''),
  body, hash
FROM audit_entries
WHERE seq >= coalesce((SELECT min(seq) FROM
    (SELECT seq FROM audit_entries WHERE seq < %s ORDER BY seq DESC LIMIT 2) AS b), %s)
  AND seq <= coalesce((SELECT max(seq) FROM
    (SELECT seq FROM audit_entries WHERE seq > %s ORDER BY seq LIMIT 2) AS a), %s)
ORDER BY seq
""",
    fields="""
SELECT seq, field, replace(tenant_id::text, '-', '')
FROM audit_fields WHERE seq BETWEEN %s AND %s
""",
    words="""
SELECT seq, word FROM audit_words WHERE seq BETWEEN %s AND %s
""",
    reasons="""
SELECT seq, reason FROM audit_entries
WHERE seq BETWEEN %s AND %s AND reason IS NOT NULL
""",
)


def entries(connection: Connection, low: int, high: int) -> Iterator[Row]:
    """The entries from ``low`` to ``high`` and two on either side, as checking.COLUMNS says."""
    return _stream(connection, "entries", low, low, high, high)


def fields(connection: Connection, low: int, high: int) -> dict[int, Fingerprint]:
    """What audit_fields holds of the entries."""
    held: dict[int, Fingerprint] = {}
    for seq, *row in _stream(connection, "fields", low, high):
        held[seq] = held.get(seq, 0) + hash(tuple(row))
    return held


def words(connection: Connection, low: int, high: int) -> dict[int, Fingerprint]:
    """What audit_words holds of the entries. Its key begins with the word: all is read."""
    held: dict[int, Fingerprint] = {}
    for seq, word in _stream(connection, "words", low, high):
        held[seq] = held.get(seq, 0) + hash(word)
    return held


def reasons(connection: Connection, low: int, high: int) -> Iterator[Row]:
    """(seq, reason) of the entries that have one."""
    return _stream(connection, "reasons", low, high)


def _stream(connection: Connection, name: str, *parameters: int) -> Iterator[Row]:
    """The rows as they come; not all of them at once are held in memory."""
    sqlite, raw = connection.dialect.name == "sqlite", cast(Any, connection.connection)
    query = getattr(_SQLITE if sqlite else _POSTGRESQL, name)
    # With a name it is the server that holds what was not fetched yet.
    with closing(raw.cursor() if sqlite else raw.cursor(name)) as cursor:
        if not sqlite:
            cursor.itersize = _BATCH
        cursor.execute(query, parameters)
        yield from cursor
