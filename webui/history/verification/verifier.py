"""Verifies the stored history, and compares the tables with it.

The history is read in pieces; a long one is verified by two processes.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from operator import itemgetter
from pathlib import Path

from sqlalchemy import Connection, func, select

from webui.history.checkpoints.checkpoint_lines import Reading
from webui.history.checkpoints.problems import MOST, Problem
from webui.history.verification import coverage, processes
from webui.history.verification.anchors import Anchors
from webui.history.verification.checks import Note
from webui.history.verification.opening import Erasures, Opener
from webui.history.verification.pieces import (
    Piece,
    judge_piece,
    judge_rows,
    judge_strays,
    judge_words,
)
from webui.history.verification.processes import Unchecked
from webui.history.verification.rows import row_reading
from webui.history.verification.rows.replayed_state import GUARDED
from webui.history.verification.token_rows import broken_tokens
from webui.history.verification.verdict import (
    Verdict,
    compare_anchors,
    explain_findings,
    fold,
)
from webui.models import AuditEntry
from webui.models.seals.broken_seals import broken_batches

__all__ = ["Unchecked", "verify_history"]

PIECE = 25_000
"""Entries that are checked at a time."""
STRETCH = 80 * PIECE
"""Entries whose words are checked at a time, with one number each in memory. Each stretch reads
all words, because the key of their table begins with the word."""
# Below this a second process takes longer to start than it saves.
_WORTH_IT = 4 * PIECE


def _own(connection: Connection, anchors: Anchors, lines: Reading) -> Iterator[Piece]:
    """Does what needs the keys, or the file of checkpoints, step by step."""
    for _ in anchors.compare(connection, lines.valid(connection)):
        yield Piece()
    yield from _seals(connection)
    # Other processes may work for minutes yet.
    connection.rollback()


def _seals(connection: Connection) -> Iterator[Piece]:
    """Yields the rows of accounts, tenants and API tokens that do not match their keyed seal."""
    try:
        for rows in chain(broken_batches(connection), broken_tokens(connection)):
            yield Piece(others=[Problem("seal", None, None, f"{row}.") for row in rows])
    except ValueError:
        # SQLite stores any value as an id; the comparison of rows reports which one is wrong.
        words = "Not all seals could be checked: a row has an id that is none."
        yield Piece(others=[Problem("seal", None, None, words)])


def verify_history(
    url: str,
    public_key: str,
    checkpoint_file: Path | None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    is_copy: bool = False,
) -> Verdict:
    """Verifies the chain, its extracts, its checkpoints, and the tables against the entries.

    The check of the chain leaves out entries that are written meanwhile. ``progress`` is called
    with the number of checked entries and the highest seq. ``is_copy`` is passed to `Reading`.
    Needs an application context, whose keys open sealed values; they never leave this process.
    Raises Unchecked.
    """
    with processes.reading(url) as database:
        with database.connect() as connection:
            lines = Reading(connection, checkpoint_file, public_key, is_copy)
            head = connection.scalar(select(func.max(AuditEntry.seq))) or 0
            pieces = list(_pieces(connection, head))
            parts = [judge_strays, *_parts(pieces), *_rows(connection)]
            found = _Found(Opener(Erasures.read(connection)))
            verdict, anchors = Verdict(head=head), Anchors()
            own = _own(connection, anchors, lines)
            on_two = len(pieces) * PIECE >= _WORTH_IT
            for piece in processes.done(database, own, parts, on_two):
                verdict.entries += piece.entries
                found.add(piece)
                progress(verdict.entries, head)
        verdict.add(*lines.problems, *explain_findings(found.notes, head), *found.problems)
        verdict.notices += lines.notices
        compare_anchors(verdict, anchors)
        with database.connect() as connection:
            coverage.check_coverage(connection, verdict)
    return verdict


@dataclass
class _Found:
    """The combined results of the pieces, which may be added in any order."""

    opener: Opener
    _problems: dict[Problem, None] = field(default_factory=dict)
    _others: list[Problem] = field(default_factory=list)
    _notes: list[tuple[int, Sequence[Note]]] = field(default_factory=list)

    def add(self, piece: Piece) -> None:
        """Adds a piece, and opens and checks its sealed values."""
        notes = [*piece.notes, *sorted(set(self.opener.judge(piece.sealed)), key=_place)]
        self._notes.append((piece.low, fold(notes)))
        for problem in (*piece.problems, *self.opener.judge_rows(piece.held)):
            # A row at the border of two ranges is in both; a dict drops the second problem.
            if len(self._problems) <= MOST:
                self._problems[problem] = None
        self._others += piece.others[: MOST - len(self._others) + 1]

    @property
    def notes(self) -> Sequence[Note]:
        """All notes in the order of entries, folded."""
        ordered = sorted(self._notes, key=itemgetter(0))
        return fold(note for _, notes in ordered for note in notes)

    @property
    def problems(self) -> Iterator[Problem]:
        """The problems of rows, of values that could not be compared, and others."""
        yield from self._problems
        yield from self.opener.problems
        yield from self._others


def _place(note: Note) -> tuple[int, str]:
    return note.first, note.detail


def _pieces(connection: Connection, head: int) -> Iterator[tuple[int, int]]:
    """Yields ranges of seq, each from an existing entry on, so that large gaps cost no time."""
    low = None
    while True:
        low = _next(connection, low)
        if low is None or low > head:
            return
        yield low, min(low + PIECE - 1, head)
        low += PIECE


def _next(connection: Connection, low: int | None) -> int | None:
    """Returns the lowest seq from ``low`` on, or of all entries; None when there is none."""
    query = select(func.min(AuditEntry.seq))
    return connection.scalar(query if low is None else query.where(AuditEntry.seq >= low))


def _parts(pieces: Sequence[tuple[int, int]]) -> Iterator[processes.Part]:
    """Yields the parts that check the words, by stretches, and then the entries, by pieces."""
    low = -(2**63)
    for first, last in _stretches(pieces):
        yield partial(judge_words, low=low, first=first, high=last)
        low = last + 1
    for first, last in pieces:
        yield partial(judge_piece, low=first, high=last)


def _rows(connection: Connection) -> Iterator[processes.Part]:
    """Yields the parts that compare the rows of both tables, by ranges."""
    for name, guarded in GUARDED.items():
        for within in row_reading.ranges(connection, guarded):
            yield partial(judge_rows, name=name, within=within)


def _stretches(pieces: Iterable[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    """Returns consecutive pieces joined to stretches of at most STRETCH seqs."""
    joined: list[tuple[int, int]] = []
    for low, high in pieces:
        if joined and high < joined[-1][0] + STRETCH:
            joined[-1] = (joined[-1][0], high)
        else:
            joined.append((low, high))
    return joined
