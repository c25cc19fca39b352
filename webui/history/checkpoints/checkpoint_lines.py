"""Checks checkpoints: signatures, their chain, and whether database and file are the same."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, select

from webui.crypto import signing
from webui.history.checkpoints.checkpoints import BadLine, Checkpoint, parse
from webui.history.checkpoints.problems import Problem
from webui.history.record import chain
from webui.models import AuditCheckpoint
from webui.models.columns import now

_WRITING = timedelta(seconds=10)
_TO_DO = (
    "Find out who could write there. Once the file is mended from a copy or moved away,"
    " audit checkpoint adds what it lacks."
)


@dataclass
class Lines:
    """The result of reading: the checkpoints with a valid signature, by seq, and the problems."""

    valid: list[Checkpoint] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)


def read_lines(
    connection: Connection, file: Path | None, public_key: str, is_copy: bool = False
) -> Lines:
    """Reads and checks the checkpoints of the database and of the file.

    ``is_copy``: the file is a copy from elsewhere, which may lack the newest checkpoints.
    Raises OSError when an existing file cannot be read, and signing.BadKey.
    """
    lines = Lines()
    # The file first: a checkpoint made meanwhile is in the database before it is in the file.
    texts = _in_file(file) if file else None
    query = select(AuditCheckpoint.seq, AuditCheckpoint.line).order_by(AuditCheckpoint.seq)
    rows = [(row.seq, row.line) for row in connection.execute(query)]
    stored = list(_check_signatures(rows, "in the database", public_key, lines))
    if file and texts is None:
        _without_file(lines, file, len(rows))
    elif file and texts is not None:
        _compare(lines, file, set(texts), stored, is_copy)
        _add_file(lines, texts, {line for _, line in rows}, public_key)
    lines.valid = sorted([*stored, *lines.valid], key=lambda one: one.seq)
    return lines


def read_file(file: Path, public_key: str) -> Lines:
    """Reads and checks the checkpoints of a file only. Raises OSError, signing.BadKey."""
    lines = Lines()
    rows = [(None, text) for text in _texts(file)]
    lines.valid = list(_check_signatures(rows, "in the file", public_key, lines))
    return lines


def _texts(file: Path) -> list[str]:
    return [line for line in file.read_text("utf-8", "replace").split("\n") if line]


def _in_file(path: Path) -> list[str] | None:
    """Returns the lines of the file; None when there is no file."""
    try:
        return _texts(path)
    except FileNotFoundError:
        return None


def _without_file(lines: Lines, path: Path, stored: int) -> None:
    """Adds a problem for a missing file, or a notice when there are no checkpoints yet."""
    if not stored:
        lines.notices.append(f"There is no checkpoint file {path} yet.")
        return
    said = f"The checkpoint file {path} is missing, and {stored:,} checkpoint(s) were written to it"
    lines.problems.append(_about(None, f"{said}. {_TO_DO}"))


def _compare(
    lines: Lines, file: Path, there: set[str], stored: Sequence[Checkpoint], is_copy: bool
) -> None:
    """Adds a problem when the file lacks valid checkpoints of the database."""
    last = max((n for n, one in enumerate(stored) if one.line in there), default=-1)
    lacking = [
        one.seq
        for n, one in enumerate(stored)
        if one.line not in there and not (n > last and (is_copy or _is_being_written(one)))
    ]
    if lacking:
        said = f"{len(lacking):,} checkpoint(s) of the database, the first at entry {lacking[0]:,}"
        problem = f"The checkpoint file {file} lacks {said}. {_TO_DO}"
        lines.problems.append(_about(lacking[0], problem))


def _is_being_written(checkpoint: Checkpoint) -> bool:
    """Whether it is so new that it may not be written to the file yet."""
    try:
        return now() - datetime.fromisoformat(checkpoint.at) < _WRITING
    except (ValueError, TypeError):
        return False


def _add_file(lines: Lines, texts: list[str], known: set[str], public_key: str) -> None:
    """Adds the valid lines of the file that are not ``known``, and a problem for each new line."""
    for text in texts:
        if text in known:
            continue
        problem, checkpoint = _one(text, public_key)
        if checkpoint is None:
            lines.problems.append(_about(None, f"A line of the checkpoint file {problem}."))
            continue
        lines.valid.append(checkpoint)
        words = "is in the file and not in the database"
        lines.problems.append(_about(checkpoint.seq, f"{_name(checkpoint.seq)} {words}."))


def _check_signatures(
    rows: Sequence[tuple[int | None, str]], where: str, public_key: str, lines: Lines
) -> Iterator[Checkpoint]:
    """Yields the valid checkpoints; adds the problems of the others to ``lines``."""
    prev = chain.GENESIS
    for seq, text in rows:
        problem, checkpoint = _one(text, public_key)
        if checkpoint is None or (seq is not None and checkpoint.seq != seq):
            name = f"{_name(seq)} {where}" if seq else f"A checkpoint {where}"
            lines.problems.append(_about(seq, f"{name} {problem or 'is of another entry'}."))
        else:
            if checkpoint.prev != prev:
                words = f"{_name(checkpoint.seq)} {where} does not follow the one before it."
                lines.problems.append(_about(checkpoint.seq, words))
            yield checkpoint
        prev = chain.digest(text)


def _one(text: str, public_key: str) -> tuple[str, Checkpoint | None]:
    """Returns ("", checkpoint), or (the problem, None)."""
    try:
        checkpoint = parse(text)
    except BadLine:
        return "is not in the format of a checkpoint", None
    if not signing.is_signed(public_key, checkpoint.signed, checkpoint.signature):
        return "is badly signed", None
    return "", checkpoint


def _name(seq: int | None) -> str:
    return f"The checkpoint at entry {seq:,}"


def _about(seq: int | None, text: str) -> Problem:
    return Problem("checkpoint", seq, seq, text)
