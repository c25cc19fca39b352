"""Checks checkpoints: signatures, their chain, and whether database and file are the same.

They are read a few at a time, because there is one for each minute with entries.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, func, select

from webui.crypto import signing
from webui.history.checkpoints.checkpoints import BadLine, Checkpoint, parse
from webui.history.checkpoints.file_lines import FileLines, Lacking, read_texts
from webui.history.checkpoints.problems import MOST, Problem
from webui.history.record import chain
from webui.models import AuditCheckpoint
from webui.models.columns import now

AT_ONCE = 500
"""Checkpoints in memory at a time."""
_WRITING = timedelta(seconds=10)
_TO_DO = (
    "Find out who could write there. Once the file is mended from a copy or moved away,"
    " audit checkpoint adds what it lacks."
)


@dataclass
class Signatures:
    """Finds checkpoints with a valid signature; collects up to MOST problems of the others."""

    public_key: str
    problems: list[Problem] = field(default_factory=list)

    def valid(self, rows: Iterable[tuple[int | None, str]], where: str) -> Iterator[Checkpoint]:
        """Yields the valid ones of (seq, or None in a file, and line), in the order of the chain.

        Raises signing.BadKey.
        """
        prev = chain.GENESIS
        for seq, text in rows:
            problem, checkpoint = self.one(text)
            if checkpoint is None or (seq is not None and checkpoint.seq != seq):
                name = f"{_name(seq)} {where}" if seq else f"A checkpoint {where}"
                self.report(seq, f"{name} {problem or 'is of another entry'}.")
            else:
                if checkpoint.prev != prev:
                    words = f"{_name(checkpoint.seq)} {where} does not follow the one before it."
                    self.report(checkpoint.seq, words)
                yield checkpoint
            prev = chain.digest(text)

    def one(self, text: str) -> tuple[str, Checkpoint | None]:
        """Returns ("", checkpoint), or (the problem, None)."""
        try:
            checkpoint = parse(text)
        except BadLine:
            return "is not in the format of a checkpoint", None
        if not signing.is_signed(self.public_key, checkpoint.signed, checkpoint.signature):
            return "is badly signed", None
        return "", checkpoint

    def report(self, seq: int | None, text: str) -> None:
        """Adds a problem."""
        if len(self.problems) <= MOST:
            self.problems.append(Problem("checkpoint", seq, seq, text))


class Reading:
    """Reads the checkpoints of the database and of the file up to now, and compares both.

    ``problems`` and ``notices`` are complete after ``valid``.
    """

    def __init__(
        self, connection: Connection, file: Path | None, public_key: str, is_copy: bool = False
    ) -> None:
        """Reads the file. ``is_copy``: it is from elsewhere and may lack the newest checkpoints.

        Raises OSError when an existing file cannot be read.
        """
        self.notices: list[str] = []
        self._signatures = Signatures(public_key)
        self._path, self._is_copy = file, is_copy
        # The file first: a checkpoint made meanwhile is in the database before it is in the file.
        self._file = _in_file(file) if file else None
        self._began = now()
        self._until = connection.scalar(select(func.max(AuditCheckpoint.seq))) or 0
        self._lacking = Lacking()
        # Of the row that is read: how many there were with it, and whether the file has it.
        self._count, self._is_there = 0, False

    @property
    def problems(self) -> list[Problem]:
        """The problems, at most MOST and one."""
        return self._signatures.problems

    def valid(self, connection: Connection) -> Iterator[Checkpoint]:
        """Yields the valid checkpoints: those of the database by seq, then others of the file.

        Raises signing.BadKey.
        """
        for checkpoint in self._signatures.valid(self._rows(connection), "in the database"):
            is_new = self._is_copy or self._is_being_written(checkpoint)
            self._lacking.add(checkpoint.seq, is_there=self._is_there, is_new=is_new)
            yield checkpoint
        if self._path and self._file is None:
            self._tell_missing(self._path)
        elif self._path and self._file is not None:
            self._tell_lacking(self._path)
            yield from self._only_in_file(self._file)
            self._file.close()

    def _rows(self, connection: Connection) -> Iterator[tuple[int, str]]:
        """Yields seq and line of the database's checkpoints, and takes them from the file's."""
        query = select(AuditCheckpoint.seq, AuditCheckpoint.line).order_by(AuditCheckpoint.seq)
        query = query.where(AuditCheckpoint.seq <= self._until).limit(AT_ONCE)
        rows = connection.execute(query).all()
        while rows:
            for seq, line in rows:
                self._count += 1
                self._is_there = self._file is not None and self._file.take(line)
                yield seq, line
            after = query.where(AuditCheckpoint.seq > rows[-1][0])
            rows = connection.execute(after).all()

    def _is_being_written(self, checkpoint: Checkpoint) -> bool:
        """Whether it was so new that it may not have been written to the file yet."""
        try:
            return self._began - datetime.fromisoformat(checkpoint.at) < _WRITING
        except (ValueError, TypeError):
            return False

    def _tell_missing(self, path: Path) -> None:
        """Adds a problem for a missing file, or a notice when there are no checkpoints yet."""
        if not self._count:
            self.notices.append(f"There is no checkpoint file {path} yet.")
            return
        words = f"is missing, and {self._count:,} checkpoint(s) were written to it"
        self._signatures.report(None, f"The checkpoint file {path} {words}. {_TO_DO}")

    def _tell_lacking(self, path: Path) -> None:
        """Adds a problem when the file lacks valid checkpoints of the database."""
        count, first = self._lacking.ended()
        if count:
            words = f"{count:,} checkpoint(s) of the database, the first at entry {first:,}"
            self._signatures.report(first, f"The checkpoint file {path} lacks {words}. {_TO_DO}")

    def _only_in_file(self, file: FileLines) -> Iterator[Checkpoint]:
        """Yields the valid ones of the file that the database lacks; each line is a problem."""
        for text in file.rest():
            problem, checkpoint = self._signatures.one(text)
            if checkpoint is None:
                self._signatures.report(None, f"A line of the checkpoint file {problem}.")
                continue
            words = "is in the file and not in the database"
            self._signatures.report(checkpoint.seq, f"{_name(checkpoint.seq)} {words}.")
            yield checkpoint


def _in_file(path: Path) -> FileLines | None:
    """Returns the lines of the file; None when there is no file."""
    try:
        return FileLines(path)
    except FileNotFoundError:
        return None


@dataclass
class Lines:
    """The checkpoints of a file with a valid signature, by seq, and the problems of the others."""

    valid: list[Checkpoint]
    problems: list[Problem]


def read_file(file: Path, public_key: str) -> Lines:
    """Reads and checks the checkpoints of a file only. Raises OSError, signing.BadKey."""
    signatures = Signatures(public_key)
    rows = ((None, text) for text in read_texts(file))
    return Lines(list(signatures.valid(rows, "in the file")), signatures.problems)


def _name(seq: int | None) -> str:
    return f"The checkpoint at entry {seq:,}"
