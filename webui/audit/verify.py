"""Verifying the history as it is stored: streamed in pieces, on two processes when it is long."""

import multiprocessing
import sqlite3
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.pool import AsyncResult, Pool
from operator import itemgetter
from pathlib import Path

import psycopg
from sqlalchemy import Connection, Engine, create_engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from webui.audit import reading, sealed, wording
from webui.audit.checking import BODY, Note, judge
from webui.audit.checkpoint_lines import read_lines
from webui.audit.checkpoints import Checkpoint
from webui.audit.retold import Row
from webui.audit.verdict import Verdict, compare_anchors, explain, fold
from webui.crypto import signing
from webui.extensions import is_no_text
from webui.models import AuditEntry

PIECE = 25_000
"""Entries that are judged at a time."""
STRETCH = 80 * PIECE
"""Entries whose words are judged at a time, with a number for each in memory. All words are read
for each stretch, because their key begins with the word."""
# Below this a second process takes longer to start than it saves.
_WORTH_IT = 4 * PIECE
_AHEAD = 2


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


Work = Callable[[Connection], Piece]
"""Judges a part; another process can be told it."""


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
    with _reading(url) as database:
        with database.connect() as connection:
            lines = read_lines(connection, checkpoint_file, public_key)
            head = connection.scalar(select(func.max(AuditEntry.seq))) or 0
            pieces = list(_pieces(connection, head))
            strays = sealed.strays(connection)
        verdict = Verdict(head=head, checkpoints=len(lines.valid), notices=lines.notices)
        found = _Found()
        for piece in _judged(database, pieces, lines.valid):
            verdict.entries += piece.entries
            found.add(database, piece)
            progress(verdict.entries, head)
    for problem in [*lines.problems, *explain(found.notes, head), *strays]:
        verdict.add(problem)
    verdict.notices += found.compared.notices
    compare_anchors(verdict, lines.valid, found.hashes)
    return verdict


@dataclass
class _Found:
    """What the pieces say together, in whichever order they come."""

    hashes: dict[int, str] = field(default_factory=dict)
    compared: sealed.Compared = field(default_factory=sealed.Compared)
    _notes: list[tuple[int, Sequence[Note]]] = field(default_factory=list)

    def add(self, database: Engine, piece: Piece) -> None:
        """Takes in a piece, and opens the sealed values of its entries."""
        self.hashes.update(piece.hashes)
        notes = piece.notes
        if piece.sealed:
            with database.connect() as connection:
                notes = [*notes, *self.compared.compare(connection, piece.sealed)]
        self._notes.append((piece.low, fold(notes)))

    @property
    def notes(self) -> Sequence[Note]:
        """All notes, folded."""
        ordered = sorted(self._notes, key=itemgetter(0))
        return fold(note for _, notes in ordered for note in notes)


@contextmanager
def _reading(url: str) -> Iterator[Engine]:
    """The database, by a connection of its own, which never writes."""
    engine = create_engine(url, hide_parameters=True)
    try:
        yield engine
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
    database: Engine, pieces: Sequence[tuple[int, int]], anchors: Sequence[Checkpoint]
) -> Iterator[Piece]:
    """The pieces, judged, as they are done: by this process, and by another when it is worth it."""
    work = list(_work(pieces, [anchor.seq for anchor in anchors]))
    if len(pieces) * PIECE < _WORTH_IT:
        yield from (_do(database, one) for one in work)
        return
    # Not forked: the worker has threads, and a fork would copy their locks.
    with multiprocessing.get_context("spawn").Pool(1) as other:
        yield from _shared(database, deque(work), other)


def _shared(database: Engine, work: deque[Work], other: Pool) -> Iterator[Piece]:
    """What is done: by the other process from the front, by this one from the end.

    A second process that reads all of the program costs as much as judging 100,000 entries, so
    this one does not only wait. The other has the next part ready when it is done with one.
    """
    url = database.url.render_as_string(hide_password=False)
    theirs: deque[AsyncResult[Piece]] = deque()
    while work or theirs:
        while work and len(theirs) < _AHEAD:
            theirs.append(other.apply_async(_do_there, (url, work.popleft())))
        if work and not theirs[0].ready():
            yield _do(database, work.pop())
        else:
            yield theirs.popleft().get()


def _work(pieces: Sequence[tuple[int, int]], anchors: Sequence[int]) -> Iterator[Work]:
    """What is to be done: the words, stretch by stretch, and then the pieces."""
    low = -(2**63)
    for first, last in _stretches(pieces):
        yield partial(judge_words, low=low, first=first, high=last)
        low = last + 1
    for first, last in pieces:
        covered = anchors[bisect_left(anchors, first) : bisect_right(anchors, last)]
        yield partial(judge_piece, low=first, high=last, anchors=covered)


def _stretches(pieces: Iterable[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    """Pieces that follow one another, joined to what is no longer than STRETCH."""
    joined: list[tuple[int, int]] = []
    for low, high in pieces:
        if joined and high < joined[-1][0] + STRETCH:
            joined[-1] = (joined[-1][0], high)
        else:
            joined.append((low, high))
    return joined


def _do(database: Engine, work: Work) -> Piece:
    """A part of the work; once more with bytes where a text is none."""
    with database.connect() as connection:
        try:
            return work(connection)
        except sqlite3.OperationalError as error:
            if not is_no_text(error):
                raise
            with reading.with_bytes(connection):
                return work(connection)


def _do_there(url: str, work: Work) -> Piece:
    """A part of the work in the other process."""
    with _reading(url) as database:
        return _do(database, work)


def judge_words(connection: Connection, low: int, first: int, high: int) -> Piece:
    """The words by which the entries from ``first`` to ``high`` are found; below there are none."""
    reasons = reading.reasons(connection, first, high)
    held = reading.words(connection, low, high)
    return Piece(low, high, notes=wording.judge(first, high, reasons, held))


def judge_piece(connection: Connection, low: int, high: int, anchors: Sequence[int]) -> Piece:
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
