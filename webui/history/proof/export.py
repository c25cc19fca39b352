"""A copy of the history to keep: exactly what a filter shows, as JSON Lines or CSV.

JSON Lines is evidence: every entry's exact text, then a signed manifest (DESIGN 2.6). CSV is
for reading in a spreadsheet. Both are made piece by piece, oldest entry first, up to the
entry that the checkpoint made before covers; entries never change, so what is written
meanwhile neither blocks nor alters them.
"""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import Engine, Select

from webui.core.extensions import db, write_transaction
from webui.crypto import signing
from webui.history.checkpoints import checkpoints
from webui.history.proof import csv_export
from webui.history.query import find
from webui.history.query.filters import Filters
from webui.history.record import chain
from webui.history.record.actions import Action
from webui.history.record.actor import Actor
from webui.history.record.log import record
from webui.models import AuditEntry
from webui.models.columns import Audited, now
from webui.models.tenant.tenant import Change

PIECE = 2_000
"""Entries that are read, and held in memory, at a time."""
FORMATS = ("csv", "jsonl")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Export:
    """What is exported: the filter, the query behind it, and how the chain ended."""

    filter: dict[str, list[str]]
    query: tuple[int, Select[int, str, str]] | None
    seq: int
    hash: str
    at: str
    engine: Engine
    seed: str

    def pieces(self) -> Iterator[Sequence[tuple[int, str, str]]]:
        """(seq, body, hash) of the entries, in the order of the chain."""
        if self.query is None:
            return
        first, every = self.query
        after = first - 1
        while True:
            # A connection only as long as a piece: a slow reader holds no snapshot.
            with self.engine.connect() as connection:
                query = every.where(AuditEntry.seq > after).order_by(AuditEntry.seq)
                rows = [(r[0], r[1], r[2]) for r in connection.execute(query.limit(PIECE))]
            if rows:
                yield rows
                after = rows[-1][0]
            if len(rows) < PIECE:
                return


def begin_export(filters: Filters, kind: str, actor: Actor) -> Export:
    """Makes a checkpoint, records the export in the history, and fixes what it holds.

    Raises checkpoints.NothingYet while there are no entries.
    """
    # Before the checkpoint: one that covers more is then later than the export.
    at = chain.timestamp(now())
    try:
        checkpoint = checkpoints.make()
    except OSError as error:
        _log.error("the checkpoint file cannot be written: %s", type(error).__name__)
        checkpoint = checkpoints.newest_checkpoint()
    told = {name: _texts(value) for name, value in filters.arguments().items()}
    changes = [Change("filter", Audited.PLAIN, None, told)]
    changes.append(Change("format", Audited.PLAIN, None, kind))
    with write_transaction():
        record(Action.AUDIT_EXPORTED, actor, changes=changes)
    return Export(
        told,
        find.every(filters, checkpoint.seq),
        checkpoint.seq,
        checkpoint.hash,
        at,
        db.engine,
        current_app.extensions["webui_config"].audit_key,
    )


def _texts(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, tuple) else [str(value)]


def as_jsonl(export: Export) -> Iterator[bytes]:
    """One body a line; the last line is the manifest, without which the file is not whole."""
    hashed, count = hashlib.sha256(), 0
    for rows in export.pieces():
        piece = "".join(f"{body}\n" for _, body, _ in rows).encode()
        hashed.update(piece)
        count += len(rows)
        yield piece
    yield f"{_manifest(export, count, hashed.hexdigest())}\n".encode()


def _manifest(export: Export, count: int, digest: str) -> str:
    manifest = {
        "v": chain.VERSION,
        "filter": export.filter,
        "count": count,
        "sha256": digest,
        "seq": export.seq,
        "hash": export.hash,
        "at": export.at,
    }
    signature = signing.sign(export.seed, chain.canonical(manifest).encode())
    return chain.canonical({**manifest, "signature": signature})


def as_csv(export: Export) -> Iterator[bytes]:
    """A header, then one row an entry."""
    yield csv_export.header()
    for rows in export.pieces():
        yield csv_export.lines(rows)
