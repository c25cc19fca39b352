"""Signed checkpoints of the chain's last hash, in the database and in a file (DESIGN 2.6).

A line is the canonical JSON of {v, seq, hash, at, prev, signature}; the signature is over the
canonical JSON without it, ``prev`` is the SHA-256 of the line before, without its line feed.
The database stores a checkpoint first; lines that the file lacks, after a crash between the two,
are added with the next one. Nothing is removed from the file, so it keeps what the database lost.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from flask import current_app
from sqlalchemy import func, select

from webui.core.extensions import advisory_lock, db, write_transaction
from webui.crypto import signing
from webui.history.record import chain, log
from webui.jobs import Run, job
from webui.models import AuditCheckpoint, AuditEntry
from webui.models.columns import now

EVERY = timedelta(minutes=1)
KEYS = {"v", "seq", "hash", "at", "prev", "signature"}
# Not the chain's lock, so that a checkpoint never delays a save.
_LOCK = 0x7E4A_17C1
# Bytes read from the end of the file: more than any line has.
_TAIL = 4_096


class BadLine(Exception):
    """The text is not a checkpoint."""


@dataclass(frozen=True)
class Checkpoint:
    """A parsed checkpoint line."""

    seq: int
    hash: str
    at: str
    prev: str
    signature: str
    line: str

    @property
    def digest(self) -> str:
        """The required ``prev`` of the next line."""
        return chain.digest(self.line)

    @property
    def signed(self) -> bytes:
        """The bytes that were signed."""
        return _unsigned(self.seq, self.hash, self.at, self.prev)


def parse(line: str) -> Checkpoint:
    """Parses a line. Raises BadLine unless it is in canonical form."""
    try:
        value = json.loads(line)
        if set(value) != KEYS or value["v"] != chain.VERSION or chain.canonical(value) != line:
            raise BadLine("not a checkpoint")
        texts = {name: value[name] for name in ("hash", "at", "prev", "signature")}
        if type(value["seq"]) is not int or not all(isinstance(x, str) for x in texts.values()):
            raise BadLine("not a checkpoint")
    except (ValueError, TypeError, RecursionError):
        raise BadLine("not a checkpoint") from None
    return Checkpoint(seq=value["seq"], line=line, **texts)


def _unsigned(seq: int, hashed: str, at: str, prev: str) -> bytes:
    fields = {"v": chain.VERSION, "seq": seq, "hash": hashed, "at": at, "prev": prev}
    return chain.canonical(fields).encode()


def signed_line(seed: str, seq: int, hashed: str, at: str, prev: str) -> str:
    """Returns the line of a new checkpoint."""
    unsigned = _unsigned(seq, hashed, at, prev)
    return chain.canonical({**json.loads(unsigned), "signature": signing.sign(seed, unsigned)})


def checkpoint_due() -> bool:
    """Whether there are entries that no checkpoint covers yet."""
    head = db.session.scalar(select(func.max(AuditEntry.seq))) or 0
    return head > (db.session.scalar(select(func.max(AuditCheckpoint.seq))) or 0)


@job("checkpoints", every=EVERY, pending=checkpoint_due)
def make_regularly(_run: Run) -> None:
    """The worker's job: makes a checkpoint every minute when there are new entries."""
    make()


def make() -> Checkpoint:
    """Makes a checkpoint unless the newest one covers all entries; returns the newest.

    Raises NothingYet while there are no entries, and OSError when the file cannot be written; then
    the database has the checkpoint, and the next one adds it to the file.
    """
    if checkpoint_due():
        _append()
    made = newest_checkpoint()
    add_to_file(current_app.extensions["webui_config"].checkpoints)
    return made


def newest_checkpoint() -> Checkpoint:
    """Returns the newest checkpoint of the database. Raises NothingYet."""
    row = db.session.scalars(_NEWEST).first()
    if row is None:
        raise NothingYet
    return parse(row.line)


class NothingYet(Exception):
    """There are no entries yet, so there is no checkpoint."""


_NEWEST = select(AuditCheckpoint).order_by(AuditCheckpoint.seq.desc()).limit(1)


def _append() -> None:
    """Stores a checkpoint of the newest entry, unless another process has just done so."""
    config = current_app.extensions["webui_config"]
    with write_transaction():
        advisory_lock(_LOCK)
        head = log.chain_head()
        before = db.session.scalars(_NEWEST).first()
        if before and before.seq >= head.seq:
            return
        prev = chain.digest(before.line) if before else chain.GENESIS
        at = chain.timestamp(head.not_before(now()))
        line = signed_line(config.audit_key, head.seq, head.hash, at, prev)
        db.session.add(AuditCheckpoint(seq=head.seq, line=line))


def add_to_file(path: Path) -> None:
    """Appends the database's lines that the file lacks, and flushes them to the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = not path.exists()
    with _locked(path) as file:
        last, torn = _end(file)
        lines = _missing(file, last)
        if lines:
            file.write(_continued(torn, lines))
            file.flush()
            os.fsync(file.fileno())
    if fresh:
        _sync_directory(path.parent)


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO]:
    """Opens the file for reading and appending, with an exclusive lock."""
    with path.open("ab+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _end(file: BinaryIO) -> tuple[str, str]:
    """Returns the last complete line, and the rest after it from an interrupted write."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _TAIL))
    *whole, torn = file.read().decode(errors="replace").split("\n")
    return (whole[-1] if whole else ""), torn


def _missing(file: BinaryIO, last: str) -> Sequence[str]:
    """Returns the lines of the database that the file lacks, oldest first."""
    query = select(AuditCheckpoint.line).order_by(AuditCheckpoint.seq)
    try:
        seq = parse(last).seq
    except BadLine:
        seq = 0
    if seq and db.session.scalar(query.where(AuditCheckpoint.seq == seq)) == last:
        return db.session.scalars(query.where(AuditCheckpoint.seq > seq)).all()
    # The file is empty, or its last line is not in the database: compare all lines.
    file.seek(0)
    there = set(file.read().decode(errors="replace").split("\n"))
    return [line for line in db.session.scalars(query) if line not in there]


def _continued(torn: str, lines: Sequence[str]) -> bytes:
    """Returns what to append: the rest of an incompletely written line, then the other lines."""
    whole = "".join(f"{line}\n" for line in lines)
    if torn and whole.startswith(torn):
        return whole.removeprefix(torn).encode()
    return (f"\n{whole}" if torn else whole).encode()


def _sync_directory(directory: Path) -> None:
    """Flushes the entry of a new file in its directory to the disk."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
