"""Compares the rows of a table with the entries about them."""

from typing import NamedTuple

from sqlalchemy import Connection

from webui.history.checkpoints.problems import Problem
from webui.history.verification import raw_rows
from webui.history.verification.opening import Held
from webui.history.verification.reconstruct import Ids
from webui.history.verification.row_problems import contradicted, missing, skipped, unmade
from webui.history.verification.rows.replay import Source, Told
from webui.history.verification.rows.replayed_state import Guarded, Row, said_of
from webui.history.verification.sealed_values import Value
from webui.history.verification.verdict import MOST


class _Sealed(NamedTuple):
    """A sealed column that has a value, both in the row and in the newest entry about it."""

    row: str
    column: str
    stored: str
    blind: str | None
    source: Source


class Comparison:
    """Compares rows with their entries one by one; ``end`` reports the rows without entries."""

    def __init__(self, guarded: Guarded, ids: Ids, rows: dict[str, Row]) -> None:
        self.problems: list[Problem] = []
        self._guarded = guarded
        self._ids = ids
        self._rows = rows
        self._sealed: list[_Sealed] = []

    def add(self, identity: str, told: Told) -> None:
        """Compares a row, given by its stored id, with its state according to the entries."""
        row, name = self._rows.pop(identity, None), self._ids.told(identity)
        table = self._guarded.table.name
        if row is None:
            if told.newest:
                self._report(missing(table, name, *self._place(told.newest)))
            return
        if told.made is None:
            self._report(unmade(table, name))
        for column, source in self._guarded.contradictions(row, told):
            self._report(contradicted(table, name, column, *self._place(source)))
        if told.version is not None and told.count != told.version:
            self._report(skipped(table, name, told.count, told.version))
        self._note_sealed(name, row, told)

    def end(self) -> None:
        """Reports the remaining rows: they were inserted without an entry."""
        for identity in self._rows:
            self._report(unmade(self._guarded.table.name, self._ids.told(identity)))

    def held(self, connection: Connection) -> list[Held]:
        """Returns the values to be opened, each with the history's value that it must equal."""
        entries = dict.fromkeys(one.source.entry for one in self._sealed)
        found = {
            (entry, field): stored
            for entry, field, side, stored in raw_rows.raw_sealed(connection, entries)
            if side == "new"
        }
        return [self._one(one, found) for one in self._sealed]

    def _note_sealed(self, name: str, row: Row, told: Told) -> None:
        """Collects the sealed columns that have a value both in the row and in the entries."""
        for column in self._guarded.sealed:
            source = told.sources.get(column)
            if source and row[column] is not None and said_of(source, column) is not None:
                index = self._guarded.indexes.get(column)
                blind = row[index] if index else None
                self._sealed.append(_Sealed(name, column, str(row[column]), blind, source))

    def _one(self, one: _Sealed, found: dict[tuple[str, str], str | None]) -> Held:
        seq, entry = self._place(one.source)
        said, place = said_of(one.source, one.column), (one.source.entry, one.column)
        value = None
        if isinstance(said, dict) and place in found:
            value = Value(
                seq, entry, None, one.column, "new", found[place], str(said.get("sealed"))
            )
        return Held(one.row, one.column, one.stored, one.blind, seq, entry, value)

    def _place(self, source: Source | None) -> tuple[int, str]:
        """Returns seq and id of an entry; 0 and "" for none."""
        return (source.seq, self._ids.told(source.entry)) if source else (0, "")

    def _report(self, problem: Problem) -> None:
        if len(self.problems) <= MOST:
            self.problems.append(problem)
