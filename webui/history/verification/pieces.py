"""The parts of a verification that need no keys: entries, search words, and rows of tables."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection

from webui.history.checkpoints.problems import Problem
from webui.history.verification import raw_rows, reason_words
from webui.history.verification import sealed_values as sealed
from webui.history.verification.checks import BODY, ID, TENANT, Note, check_entries
from webui.history.verification.opening import Held
from webui.history.verification.quick_check import Row
from webui.history.verification.rows import row_reading
from webui.history.verification.rows.replay import replay
from webui.history.verification.rows.replayed_state import GUARDED
from webui.history.verification.rows.row_comparison import Comparison
from webui.history.verification.rows.row_reading import Range
from webui.history.verification.sealed_values import Holder, Value, looked_up, strays


@dataclass
class Piece:
    """The result of a part, for entries the seqs from ``low`` to ``high``.

    ``sealed`` and ``held`` must still be opened by the process that has the keys. ``problems`` are
    of rows, ``others`` of anything else.
    """

    low: int = 0
    high: int = 0
    entries: int = 0
    notes: list[Note] = field(default_factory=list)
    sealed: list[Value] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    others: list[Problem] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)


def judge_words(connection: Connection, low: int, first: int, high: int) -> Piece:
    """Checks the search words of the entries from ``first`` to ``high``.

    There are no entries from ``low`` up to ``first``, so words of these seqs are a problem.
    """
    reasons = raw_rows.reasons(connection, first, high)
    words = raw_rows.word_rows(connection, low, high)
    return Piece(low, high, notes=reason_words.check_words(first, high, reasons, words))


def judge_piece(connection: Connection, low: int, high: int) -> Piece:
    """Checks the entries from ``low`` to ``high`` with their columns and rows in audit_fields."""
    piece, ids = Piece(low, high), raw_rows.ids(connection)
    fields = raw_rows.fields(connection, low - 2, high + 2)
    there: set[int] = set()
    holders: list[Holder] = []
    rows = _collect(raw_rows.entry_tuples(connection, low, high), there, holders)
    for seq, note in check_entries(rows, fields, ids):
        if low <= seq <= high:
            piece.notes.append(note)
    piece.entries = len(there.intersection(range(low, high + 1)))
    orphans = sorted(seq for seq in fields.keys() - there if low <= seq <= high)
    piece.notes += [Note("orphan", seq, seq) for seq in orphans]
    inside = [holder for holder in holders if low <= holder.seq <= high]
    piece.sealed, notes = looked_up(connection, inside, ids)
    piece.notes += notes
    return piece


def _collect(rows: Iterable[Row], there: set[int], holders: list[Holder]) -> Iterator[Row]:
    """Yields the rows; adds their seqs to ``there``, and entries with digests to ``holders``."""
    for row in rows:
        seq, body = row[0], row[BODY]
        there.add(seq)
        if isinstance(body, str) and sealed.MARK in body:
            holders.append(Holder(seq, row[ID], row[TENANT], body))
        yield row


def judge_strays(connection: Connection) -> Piece:
    """Finds sealed values of missing entries, and of entries without digests."""
    return Piece(others=list(strays(connection)))


def judge_rows(connection: Connection, name: str, within: Range) -> Piece:
    """Compares the rows of a range of ids with the entries about them, in one snapshot."""
    guarded = GUARDED[name]
    with row_reading.one_moment(connection):
        rows = row_reading.rows(connection, guarded, within)
        comparison = Comparison(guarded, raw_rows.ids(connection), rows)
        entries = row_reading.entries(connection, guarded, within)
        for identity, state in replay(entries, guarded.made_by):
            comparison.add(identity, state)
        comparison.end()
        held = list(comparison.held(connection))
    return Piece(problems=comparison.problems, held=held)
