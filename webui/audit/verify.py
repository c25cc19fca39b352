"""Verifying the history as it is stored: streamed in pieces, on two processes when it is long."""

import multiprocessing
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, create_engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from webui.audit.checking import Fields, Note, Row, judge
from webui.audit.checkpoint_lines import Lines, read_lines
from webui.audit.checkpoints import Checkpoint
from webui.audit.verdict import Folded, Verdict, compare_anchors, explain
from webui.crypto import signing
from webui.models import AuditEntry

PIECE = 10_000
"""Entries that are judged, and held in memory, at a time."""
PROCESSES = 2
# Below this a second process takes longer to start than it saves.
_WORTH_IT = 5 * PIECE

# Ids without dashes and times in one spelling, whichever database holds them. Two entries of
# context on either side let `judge` see who broke a link.
_SQLITE = """
SELECT seq, id, at, action, outcome, tenant_id, tenant_version, actor_type, actor_id,
  actor_name, actor_role, source, reason, request, address, subject_id, body, hash
FROM audit_entries
WHERE seq >= coalesce((SELECT min(seq) FROM
    (SELECT seq FROM audit_entries WHERE seq < ? ORDER BY seq DESC LIMIT 2)), ?)
  AND seq <= coalesce((SELECT max(seq) FROM
    (SELECT seq FROM audit_entries WHERE seq > ? ORDER BY seq LIMIT 2)), ?)
ORDER BY seq
"""
_SQLITE_FIELDS = """
SELECT seq, group_concat(field, char(10)), min(tenant_id), max(tenant_id), count(tenant_id)
FROM audit_fields WHERE seq BETWEEN ? AND ? GROUP BY seq
"""
_POSTGRESQL = """
SELECT seq, replace(id::text, '-', ''),
  to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), action, outcome,
  replace(tenant_id::text, '-', ''), tenant_version, actor_type, actor_id,
  actor_name, actor_role, source, reason, request, address,
  replace(subject_id::text, '-', ''), body, hash
FROM audit_entries
WHERE seq >= coalesce((SELECT min(seq) FROM
    (SELECT seq FROM audit_entries WHERE seq < %s ORDER BY seq DESC LIMIT 2) AS b), %s)
  AND seq <= coalesce((SELECT max(seq) FROM
    (SELECT seq FROM audit_entries WHERE seq > %s ORDER BY seq LIMIT 2) AS a), %s)
ORDER BY seq
"""
_POSTGRESQL_FIELDS = """
SELECT seq, string_agg(field, E'\\n' ORDER BY field COLLATE "C"),
  replace(min(tenant_id::text), '-', ''), replace(max(tenant_id::text), '-', ''),
  count(tenant_id)
FROM audit_fields WHERE seq BETWEEN %s AND %s GROUP BY seq
"""


class Unchecked(Exception):
    """It could not be judged whether the history holds; the message says why."""


@dataclass
class Piece:
    """What came of judging the entries from ``low`` to ``high``."""

    low: int
    high: int
    entries: int = 0
    notes: list[Note] = field(default_factory=list)
    hashes: dict[int, str] = field(default_factory=dict)


def verify(
    url: str,
    public_key: str,
    checkpoint_file: Path | None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Verdict:
    """Verifies the history of a database against itself and its checkpoints.

    Entries written while it runs are left out. ``progress`` hears how many entries are
    judged, of how many. Raises Unchecked.
    """
    with _reading(url) as connection:
        lines = read_lines(connection, checkpoint_file, public_key)
        head = connection.scalar(select(func.max(AuditEntry.seq))) or 0
        pieces = list(_pieces(connection, head))
    verdict = Verdict(head=head, checkpoints=len(lines.valid), notices=lines.notices)
    folded, hashes = Folded(), {}
    for piece in _judged(url, pieces, lines.valid):
        verdict.entries += piece.entries
        hashes.update(piece.hashes)
        for note in piece.notes:
            folded.add(note)
        progress(min(piece.high, head), head)
    _conclude(verdict, folded, lines, hashes)
    return verdict


def _conclude(verdict: Verdict, folded: Folded, lines: Lines, hashes: dict[int, str]) -> None:
    for problem in [*lines.problems, *explain(folded.notes, verdict.head)]:
        verdict.add(problem)
    compare_anchors(verdict, lines.valid, hashes)


@contextmanager
def _reading(url: str) -> Iterator[Connection]:
    """A connection of its own, which never writes."""
    engine = create_engine(url, hide_parameters=True)
    try:
        with engine.connect() as connection:
            yield connection
    except (SQLAlchemyError, sqlite3.Error, psycopg.Error) as error:
        cause = getattr(error, "orig", None) or error
        said = str(cause).partition("\n")[0]
        raise Unchecked(f"the database says: {type(cause).__name__} {said}") from error
    except (OSError, signing.BadKey) as error:
        raise Unchecked(str(error)) from error
    finally:
        engine.dispose()


def _pieces(connection: Connection, head: int) -> Iterator[tuple[int, int]]:
    """Ranges of seq that hold entries: from one that exists, so that large gaps cost nothing."""
    low = None
    while True:
        low = _next(connection, low)
        if low is None or low > head:
            return
        yield low, min(low + PIECE - 1, head)
        low += PIECE


def _next(connection: Connection, low: int | None) -> int | None:
    """The first entry from ``low`` on, or of all; None when there is none."""
    query = select(func.min(AuditEntry.seq))
    return connection.scalar(query if low is None else query.where(AuditEntry.seq >= low))


def _judged(
    url: str, pieces: Sequence[tuple[int, int]], anchors: Sequence[Checkpoint]
) -> Iterable[Piece]:
    """The pieces in order, judged."""
    work = [(low, high, [a.seq for a in anchors if low <= a.seq <= high]) for low, high in pieces]
    if len(pieces) * PIECE < _WORTH_IT:
        with _reading(url) as connection:
            yield from (_piece(connection, *one) for one in work)
        return
    # Not forked: the worker has threads, and a fork would copy their locks.
    spawning = multiprocessing.get_context("spawn")
    with spawning.Pool(PROCESSES) as pool:
        yield from pool.imap(partial(judge_piece, url), work)


def judge_piece(url: str, work: tuple[int, int, list[int]]) -> Piece:
    """A piece, judged in a process of its own."""
    with _reading(url) as connection:
        return _piece(connection, *work)


def _piece(connection: Connection, low: int, high: int, anchors: list[int]) -> Piece:
    sqlite = connection.dialect.name == "sqlite"
    piece = Piece(low, high)
    # The driver's own cursor: rows as plain tuples, a few microseconds each.
    cursor: Any = connection.connection.cursor()
    cursor.execute(_SQLITE_FIELDS if sqlite else _POSTGRESQL_FIELDS, (low - 2, high + 2))
    fields: dict[int, Fields] = {seq: tuple(rest) for seq, *rest in cursor}
    cursor.execute(_SQLITE if sqlite else _POSTGRESQL, (low, low, high, high))
    computed = dict.fromkeys(anchors, "")
    there: set[int] = set()
    for seq, note in judge(_noted(cursor, there), fields, computed):
        if low <= seq <= high:
            piece.notes.append(note)
    piece.entries = sum(low <= seq <= high for seq in there)
    orphans = sorted(seq for seq in fields.keys() - there if low <= seq <= high)
    piece.notes += [Note("orphan", seq, seq) for seq in orphans]
    piece.hashes = {seq: found for seq, found in computed.items() if found}
    cursor.close()
    return piece


def _noted(rows: Iterable[Row], there: set[int]) -> Iterator[Row]:
    """The rows; where they stand is noted."""
    for row in rows:
        there.add(row[0])
        yield row
