"""Reads the history for a verification, as the plain tuples of the database drivers.

These are millions of rows, and making an ORM object takes longer than checking a row. Ids are in
the database's own spelling (see :func:`ids`), times like ``2026-11-23 14:52:07.000123``. The rows
of an entry in audit_fields are joined by the database, because each row costs time here.
"""

import json
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, cast

from psycopg.types.string import TextLoader
from sqlalchemy import Connection

from webui.history.verification.quick_check import Ids, Listed, Row
from webui.models.columns import dashed

_BATCH = 100
"""Rows that PostgreSQL sends at a time: few enough for the processor's cache."""


@dataclass(frozen=True)
class _Queries:
    """The SQL of a database; the parameters are the first and the last seq, if not said below.

    ``entries`` also returns two entries on either side, so that `checks.check_entries` can decide
    which entry broke a link; its parameters are first, first, last, last. ``sealed`` takes ids of
    entries, ``bodies`` takes seqs: a list on PostgreSQL, as JSON on SQLite.
    """

    entries: str
    fields: str
    words: str
    reasons: str
    sealed: str
    bodies: str


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
SELECT seq, CASE typeof(max(field)) WHEN 'text' THEN group_concat(field) END, count(*),
  CASE WHEN min(tenant_id) IS max(tenant_id) AND count(tenant_id) IN (0, count(*))
    THEN max(tenant_id) ELSE 0 END
FROM audit_fields WHERE seq BETWEEN ? AND ? GROUP BY seq
""",
    words="""
SELECT seq, word FROM audit_words WHERE seq BETWEEN ? AND ?
""",
    reasons="""
SELECT seq, reason FROM audit_entries
WHERE seq BETWEEN ? AND ? AND reason IS NOT NULL
""",
    sealed="""
SELECT entry, field, side, value FROM audit_sealed
WHERE entry IN (SELECT value FROM json_each(?))
""",
    bodies="""
SELECT seq, CASE typeof(body) WHEN 'text' THEN CAST(body AS BLOB) ELSE X'' END
FROM audit_entries WHERE seq IN (SELECT value FROM json_each(?))
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
SELECT seq, string_agg(field, ','), count(*),
  CASE WHEN min(tenant) IS NOT DISTINCT FROM max(tenant) AND count(tenant) IN (0, count(*))
    THEN max(tenant) ELSE '0' END
FROM (
  SELECT seq, field, tenant_id::text COLLATE "C" AS tenant FROM audit_fields
  WHERE seq BETWEEN %s AND %s
) AS f GROUP BY seq
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
    bodies="""
SELECT seq, convert_to(body, 'UTF8') FROM audit_entries WHERE seq = ANY(%s)
""",
)


SQLITE_IDS = Ids(told=dashed, stored=lambda dashed: dashed.replace("-", ""))
POSTGRESQL_IDS = Ids(told=str, stored=str)


@contextmanager
def with_bytes(connection: Connection) -> Iterator[None]:
    """Makes SQLite return text that is not UTF-8 as bytes, which equal no text, without an error.

    Used only after such an error, because it doubles the time of reading.
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
    """Returns the conversion of ids for the database."""
    return SQLITE_IDS if connection.dialect.name == "sqlite" else POSTGRESQL_IDS


def entry_tuples(connection: Connection, low: int, high: int) -> Iterator[Row]:
    """Yields the entries from ``low`` to ``high`` and two on either side (quick_check.COLUMNS)."""
    return _stream(connection, "entries", low, low, high, high)


def fields(connection: Connection, low: int, high: int) -> dict[int, Listed]:
    """Returns the entries' rows in audit_fields, by seq."""
    found = cast(Iterator[Listed], _stream(connection, "fields", low, high))
    return {listed[0]: listed for listed in found}


def word_rows(connection: Connection, low: int, high: int) -> Iterator[Row]:
    """Yields (seq, word). Reads the whole table, because its key begins with the word."""
    return _stream(connection, "words", low, high)


def reasons(connection: Connection, low: int, high: int) -> Iterator[Row]:
    """Yields (seq, reason) of the entries that have one."""
    return _stream(connection, "reasons", low, high)


def raw_sealed(connection: Connection, entries: Iterable[str]) -> Iterator[Row]:
    """Yields (entry, field, side, value) of the sealed values of entries, given by their ids."""
    # An id that is no text, as SQLite accepts, has no values.
    some = [entry for entry in entries if isinstance(entry, str)]
    is_sqlite = connection.dialect.name == "sqlite"
    return _stream(connection, "sealed", json.dumps(some) if is_sqlite else some)


def bodies(connection: Connection, seqs: list[int]) -> Iterator[tuple[int, bytes]]:
    """Yields seq and text in UTF-8 of entries; no bytes for a body that is not text."""
    is_sqlite = connection.dialect.name == "sqlite"
    for seq, body in _stream(connection, "bodies", json.dumps(seqs) if is_sqlite else seqs):
        yield seq, bytes(body)


def _stream(connection: Connection, name: str, *parameters: Any) -> Iterator[Row]:
    """Yields the rows as they arrive, so that they are never all in memory."""
    raw = cast(Any, connection.connection)
    with closing(raw.cursor()) as cursor:
        if connection.dialect.name == "sqlite":
            yield from cursor.execute(getattr(_SQLITE, name), parameters)
            return
        # Ids as text: making UUID objects would double the time.
        cursor.adapters.register_loader("uuid", TextLoader)
        # Not a named cursor: for it the server stores each batch before it sends it.
        yield from cursor.stream(getattr(_POSTGRESQL, name), parameters, size=_BATCH)
