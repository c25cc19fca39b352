"""Verifying the history as it is stored: streamed in pieces, on two processes when it is long."""

import multiprocessing
import sqlite3
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import psycopg
from sqlalchemy import Connection, create_engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from webui.audit import reading, sealed, wording
from webui.audit.checking import BODY, Note, judge
from webui.audit.checkpoint_lines import read_lines
from webui.audit.checkpoints import Checkpoint
from webui.audit.retold import Row
from webui.audit.verdict import Folded, Verdict, compare_anchors, explain
from webui.crypto import signing
from webui.models import AuditEntry

PIECE = 25_000
"""Entries that are judged, and held in memory, at a time."""
PROCESSES = 2
# Below this a second process takes longer to start than it saves.
_WORTH_IT = 2 * PIECE

STRETCH = 12 * PIECE
"""Entries whose words are judged, and held in memory, at a time."""


class Unchecked(Exception):
    """It could not be judged whether the history holds; the message says why."""


@dataclass
class Piece:
    """What came of judging from ``low`` to ``high``; ``sealed``: what must still be opened."""

    low: int
    high: int
    entries: int = 0
    notes: list[Note] = field(default_factory=list)
    hashes: dict[int, str] = field(default_factory=dict)
    sealed: list[tuple[int, str]] = field(default_factory=list)


Work = tuple[Callable[[Connection, int, int, list[int]], Piece], int, int, list[int]]
"""What judges, from where to where, and the checkpoints there."""


def verify(
    url: str,
    public_key: str,
    checkpoint_file: Path | None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Verdict:
    """Verifies the history of a database against itself, its extracts and its checkpoints.

    Entries written while it runs are left out. ``progress`` hears how many entries are
    judged, of how many. Needs an application context, whose keys open sealed values; they
    stay in this process. Raises Unchecked.
    """
    with _reading(url) as connection:
        lines = read_lines(connection, checkpoint_file, public_key)
        head = connection.scalar(select(func.max(AuditEntry.seq))) or 0
        pieces = list(_pieces(connection, head))
        strays = sealed.strays(connection)
    verdict = Verdict(head=head, checkpoints=len(lines.valid), notices=lines.notices)
    found = _Found()
    for piece in _judged(url, pieces, lines.valid):
        verdict.entries += piece.entries
        found.add(url, piece)
        if piece.entries:
            progress(min(piece.high, head), head)
    for problem in [*lines.problems, *explain(found.folded.notes, head), *strays]:
        verdict.add(problem)
    verdict.notices += found.compared.notices
    compare_anchors(verdict, lines.valid, found.hashes)
    return verdict


@dataclass
class _Found:
    """What the pieces say together."""

    folded: Folded = field(default_factory=Folded)
    hashes: dict[int, str] = field(default_factory=dict)
    compared: sealed.Compared = field(default_factory=sealed.Compared)

    def add(self, url: str, piece: Piece) -> None:
        """Takes in a piece, and opens the sealed values of its entries."""
        self.hashes.update(piece.hashes)
        notes = piece.notes
        if piece.sealed:
            with _reading(url) as connection:
                notes = [*notes, *self.compared.compare(connection, piece.sealed)]
        for note in notes:
            self.folded.add(note)


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
    work = list(_work(pieces, [anchor.seq for anchor in anchors]))
    if len(pieces) * PIECE < _WORTH_IT:
        yield from (_do(url, one) for one in work)
        return
    # Not forked: the worker has threads, and a fork would copy their locks.
    spawning = multiprocessing.get_context("spawn")
    with spawning.Pool(PROCESSES) as pool:
        yield from pool.imap(partial(_do, url), work)


def _work(pieces: Sequence[tuple[int, int]], anchors: Sequence[int]) -> Iterator[Work]:
    """What is to be done: stretch by stretch its words, then its pieces."""
    size, last = STRETCH // PIECE, -(2**63)
    for start in range(0, len(pieces), size):
        stretch = pieces[start : start + size]
        low, last = last, stretch[-1][1] + 1
        yield judge_words, low, last - 1, []
        for low, high in stretch:
            covered = anchors[bisect_left(anchors, low) : bisect_right(anchors, high)]
            yield judge_piece, low, high, list(covered)


def _do(url: str, work: Work) -> Piece:
    """A part of the work, in whichever process."""
    judge_part, low, high, anchors = work
    with _reading(url) as connection:
        return judge_part(connection, low, high, anchors)


def judge_words(connection: Connection, low: int, high: int, _anchors: list[int]) -> Piece:
    """The words by which the entries of a stretch are found."""
    reasons = reading.reasons(connection, low, high)
    held = reading.words(connection, low, high)
    return Piece(low, high, notes=wording.judge(reasons, held))


def judge_piece(connection: Connection, low: int, high: int, anchors: list[int]) -> Piece:
    """The entries of a piece, with their columns and listed fields."""
    piece = Piece(low, high)
    fields = reading.fields(connection, low - 2, high + 2)
    computed = dict.fromkeys(anchors, "")
    there: set[int] = set()
    rows = _noted(reading.entries(connection, low, high), there, piece)
    for seq, note in judge(rows, fields, computed, reading.ids(connection)):
        if low <= seq <= high:
            piece.notes.append(note)
    piece.entries = len(there.intersection(range(low, high + 1)))
    orphans = sorted(seq for seq in fields.keys() - there if low <= seq <= high)
    piece.notes += [Note("orphan", seq, seq) for seq in orphans]
    piece.hashes = {seq: found for seq, found in computed.items() if found}
    return piece


def _noted(rows: Iterable[Row], there: set[int], piece: Piece) -> Iterator[Row]:
    """The rows; noted is where they stand, and which have sealed values to be opened."""
    for row in rows:
        seq, body = row[0], row[BODY]
        there.add(seq)
        if isinstance(body, str) and sealed.MARK in body and piece.low <= seq <= piece.high:
            piece.sealed.append((seq, body))
        yield row
