"""The lines of a checkpoint file, of which there may be millions: on disk, not in memory."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


class FileLines:
    """The lines in a temporary database, which SQLite deletes when it is closed."""

    def __init__(self, path: Path) -> None:
        """Reads the file. Raises OSError."""
        self._database = sqlite3.connect("")
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("CREATE TABLE lines (line TEXT PRIMARY KEY) WITHOUT ROWID")
        rows = ((line,) for line in read_texts(path))
        self._database.executemany("INSERT OR IGNORE INTO lines VALUES (?)", rows)

    def close(self) -> None:
        """Deletes the temporary database."""
        self._database.close()

    def take(self, line: str) -> bool:
        """Removes a line; returns whether it was there."""
        done = self._database.execute("DELETE FROM lines WHERE line = ?", (line,))
        return done.rowcount == 1

    def rest(self) -> Iterator[str]:
        """Yields the lines that were not taken, by their text, which begins with the time."""
        for (line,) in self._database.execute("SELECT line FROM lines ORDER BY line"):
            yield line


@dataclass
class Lacking:
    """Counts the checkpoints of the database that a file lacks, which are added in their order.

    The newest may be missing because they are new; one that is older than a line of the file may
    not.
    """

    count: int = 0
    first: int = 0
    _since: int = 0
    _first_since: int = 0
    _old: int = 0
    _first_old: int = 0

    def add(self, seq: int, *, is_there: bool, is_new: bool) -> None:
        """Adds a checkpoint. ``is_there``: in the file; ``is_new``: it may be missing there."""
        if is_there:
            self.first, self.count = self.first or self._first_since, self.count + self._since
            self._since = self._first_since = self._old = self._first_old = 0
            return
        self._first_since, self._since = self._first_since or seq, self._since + 1
        if not is_new:
            self._first_old, self._old = self._first_old or seq, self._old + 1

    def ended(self) -> tuple[int, int]:
        """Returns how many are missing, and the seq of the first (0 without any)."""
        return self.count + self._old, self.first or self._first_old


def read_texts(path: Path) -> Iterator[str]:
    """Yields the lines that are not empty. Raises OSError."""
    with path.open(encoding="utf-8", errors="replace", newline="\n") as file:
        for line in file:
            if text := line.removesuffix("\n"):
                yield text
