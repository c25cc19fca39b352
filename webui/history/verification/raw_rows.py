"""Reading the history for a verification: rows as the drivers give them, plain tuples.

Millions of rows pass through here, and one of an ORM costs more than judging it. Ids come as the
database spells them, which `ids` knows, and times as ``2026-11-23 14:52:07.000123``. What a table
of extracts holds of an entry is one number, its `checking.Fingerprint`.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, cast

from psycopg.types.string import TextLoader
from sqlalchemy import Connection

from webui.history.verification.checks import Fingerprint
from webui.history.verification.reconstruct import Ids, Row

_BATCH = 100
"""Rows of PostgreSQL that are held at a time: small enough for the processor's cache."""


@dataclass(frozen=True)
class _Queries:
    """What is asked of a database; each with the first and the last seq as parameters.

    ``sealed`` is asked with the id of an entry, or with several where the database is far away.

    ``entries`` come with two more on either side, so that `judge` sees who broke a link; its
    parameters are first, first, last, last.
    """

    entries: str
    fields: str
    words: str
    reasons: str
    sealed: str


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
    sealed="""
SELECT entry, field, side, value FROM audit_sealed WHERE entry = ?
""",
)
_POSTGRESQL = _Queries(
    entries="""
SELECT seq, action, outcome, source, reason, request, address,
  actor_type, actor_id, actor_name, actor_role,
  id, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
  tenant_id, tenant_version, subject_id, body, hash
FROM audit_entries
WHERE seq >= coalesce((SELECT min(seq) FROM
    (SELECT seq FROM audit_entries WHERE seq < %s ORDER BY seq DESC LIMIT 2) AS b), %s)
  AND seq <= coalesce((SELECT max(seq) FROM
    (SELECT seq FROM audit_entries WHERE seq > %s ORDER BY seq LIMIT 2) AS a), %s)
ORDER BY seq
""",
    fields="""
SELECT seq, field, tenant_id FROM audit_fields WHERE seq BETWEEN %s AND %s
""",
    words="""
SELECT seq, word FROM audit_words WHERE seq BETWEEN %s AND %s
""",
    reasons="""
SELECT seq, reason FROM audit_entries
WHERE seq BETWEEN %s AND %s AND reason IS NOT NULL
""",
    sealed="""
SELECT entry, field, side, value FROM audit_sealed WHERE entry = ANY(%s::uuid[])
""",
)


def _dashed(stored: str) -> str:
    return f"{stored[:8]}-{stored[8:12]}-{stored[12:16]}-{stored[16:20]}-{stored[20:]}"


SQLITE_IDS = Ids(told=_dashed, stored=lambda told: told.replace("-", ""))
POSTGRESQL_IDS = Ids(told=str, stored=str)


@contextmanager
def with_bytes(connection: Connection) -> Iterator[None]:
    """Has SQLite give what is no UTF-8 as bytes, which equal no text, where it would refuse.

    Only where it did: this costs as much again as reading the rows.
    """
    raw = cast(Any, connection.connection.dbapi_connection)
    raw.text_factory = _text_or_bytes
    try:
        yield
    finally:
        raw.text_factory = str


def _text_or_bytes(stored: bytes) -> str | bytes:
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored


def ids(connection: Connection) -> Ids:
    """How the database spells ids."""
    return SQLITE_IDS if connection.dialect.name == "sqlite" else POSTGRESQL_IDS


def entry_tuples(connection: Connection, low: int, high: int) -> Iterator[Row]:
    """The entries from ``low`` to ``high`` and two on either side, as checking.COLUMNS says."""
    return _stream(connection, "entries", low, low, high, high)


def fields(connection: Connection, low: int, high: int) -> dict[int, Fingerprint]:
    """What audit_fields holds of the entries."""
    held: dict[int, Fingerprint] = {}
    for seq, *row in _stream(connection, "fields", low, high):
        held[seq] = held.get(seq, 0) + hash(tuple(row))
    return held


def word_rows(connection: Connection, low: int, high: int) -> Iterator[Row]:
    """(seq, word) of the entries. The table's key begins with the word: all of it is read."""
    return _stream(connection, "words", low, high)


def reasons(connection: Connection, low: int, high: int) -> Iterator[Row]:
    """(seq, reason) of the entries that have one."""
    return _stream(connection, "reasons", low, high)


def raw_sealed(connection: Connection, entries: Iterable[str]) -> Iterator[Row]:
    """(entry, field, side, value) of what is sealed of the entries, given by their ids."""
    if connection.dialect.name != "sqlite":
        yield from _stream(connection, "sealed", list(entries))
        return
    raw = cast(Any, connection.connection)
    # One cursor for all: to make one costs as much as a look-up.
    with closing(raw.cursor()) as cursor:
        for entry in entries:
            yield from cursor.execute(_SQLITE.sealed, (entry,))


def _stream(connection: Connection, name: str, *parameters: Any) -> Iterator[Row]:
    """The rows as they come; not all of them at once are held in memory."""
    raw = cast(Any, connection.connection)
    with closing(raw.cursor()) as cursor:
        if connection.dialect.name == "sqlite":
            yield from cursor.execute(getattr(_SQLITE, name), parameters)
            return
        # As text, which is compared with text: objects of UUID cost as much as all the rest.
        cursor.adapters.register_loader("uuid", TextLoader)
        # Not by a named cursor, of which the server stores every piece before it sends it.
        yield from cursor.stream(getattr(_POSTGRESQL, name), parameters, size=_BATCH)
