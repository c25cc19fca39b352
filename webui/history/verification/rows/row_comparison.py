"""Compares the rows of a table with the entries about them."""

from collections.abc import Iterator

from sqlalchemy import Connection

from webui.history.checkpoints.problems import MOST, Problem
from webui.history.verification import raw_rows
from webui.history.verification.opening import Held
from webui.history.verification.quick_check import Ids
from webui.history.verification.row_problems import contradicted, missing, skipped, unmade
from webui.history.verification.rows.replay import ID, SEQ, Entry, Told
from webui.history.verification.rows.replayed_state import Guarded, Row


class Comparison:
    """Compares rows with their entries one by one; ``end`` reports the rows without entries."""

    def __init__(self, guarded: Guarded, ids: Ids, rows: dict[str, Row]) -> None:
        self.problems: list[Problem] = []
        self._guarded = guarded
        self._ids = ids
        self._rows = rows
        # Each with the entry, by its id as stored, that says what the value is.
        self._held: list[tuple[str, Held]] = []

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
        for column, entry in self._guarded.contradictions(row, told):
            self._report(contradicted(table, name, column, *self._place(entry)))
        for column in self._guarded.sealed:
            self._compare_sealed(name, row, column, told)
        if told.version is not None and told.count != told.version:
            self._report(skipped(table, name, told.count, told.version))

    def end(self) -> None:
        """Reports the remaining rows: they were inserted without an entry."""
        for identity in self._rows:
            self._report(unmade(self._guarded.table.name, self._ids.told(identity)))

    def held(self, connection: Connection) -> Iterator[Held]:
        """Yields the values to be opened, each with the history's value that it must equal."""
        entries = dict.fromkeys(entry for entry, _ in self._held)
        found = {
            (entry, field): stored
            for entry, field, side, stored in raw_rows.raw_sealed(connection, entries)
            if side == "new"
        }
        for entry, one in self._held:
            yield one._replace(said=found.get((entry, one.column))) if one.digest else one

    def _compare_sealed(self, name: str, row: Row, column: str, told: Told) -> None:
        """Compares whether a sealed column is empty, and collects it when it is not."""
        said, stored, entry = told.said(column), row[column], told.entries.get(column)
        if (said is None) != (stored is None):
            place = self._place(entry)
            self._report(contradicted(self._guarded.table.name, name, column, *place))
        elif entry is not None and stored is not None:
            index = self._guarded.indexes.get(column)
            blind = row[index] if index else None
            digest = str(said.get("sealed")) if isinstance(said, dict) else None
            held = Held(name, column, str(stored), blind, *self._place(entry), None, digest)
            self._held.append((entry[ID], held))

    def _place(self, entry: Entry | None) -> tuple[int, str]:
        """Returns seq and id of an entry; 0 and "" for none."""
        return (entry[SEQ], self._ids.told(entry[ID])) if entry else (0, "")

    def _report(self, problem: Problem) -> None:
        if len(self.problems) <= MOST:
            self.problems.append(problem)
