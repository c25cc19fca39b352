"""Export of the history: exactly the entries that match a filter, as JSON Lines or CSV.

JSON Lines is evidence: the exact text of every entry, then a signed manifest (DESIGN 2.6). CSV is
for reading in a spreadsheet. Both are streamed in batches, oldest entry first, up to the last
entry of a checkpoint made at the start; entries never change, so writes meanwhile neither block
nor alter an export.
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
"""The number of entries that are read, and are in memory, at a time."""
FORMATS = ("csv", "jsonl")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Export:
    """An export: its filter, its query, and the last entry of the chain (seq, hash)."""

    filter: dict[str, list[str]]
    query: tuple[int, Select[int, str, str]] | None
    seq: int
    hash: str
    at: str
    engine: Engine
    seed: str

    def pieces(self) -> Iterator[Sequence[tuple[int, str, str]]]:
        """Yields batches of (seq, body, hash), in the order of the chain."""
        if self.query is None:
            return
        first, every = self.query
        after = first - 1
        while True:
            # One connection per batch, so that a slow download does not keep a snapshot open.
            with self.engine.connect() as connection:
                query = every.where(AuditEntry.seq > after).order_by(AuditEntry.seq)
                rows = [(r[0], r[1], r[2]) for r in connection.execute(query.limit(PIECE))]
            if rows:
                yield rows
                after = rows[-1][0]
            if len(rows) < PIECE:
                return


def begin_export(filters: Filters, kind: str, actor: Actor) -> Export:
    """Makes a checkpoint, records the export in the history, and fixes its content.

    Raises checkpoints.NothingYet while there are no entries.
    """
    # Taken before the checkpoint, so a checkpoint that covers more entries is later than it.
    at = chain.timestamp(now())
    try:
        checkpoint = checkpoints.make()
    except OSError as error:
        _log.error("the checkpoint file cannot be written: %s", type(error).__name__)
        checkpoint = checkpoints.newest_checkpoint()
    filter_texts = {name: _texts(value) for name, value in filters.arguments().items()}
    changes = [Change("filter", Audited.PLAIN, None, filter_texts)]
    changes.append(Change("format", Audited.PLAIN, None, kind))
    with write_transaction():
        record(Action.AUDIT_EXPORTED, actor, changes=changes)
    return Export(
        filter_texts,
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
    """Yields one body per line; the last line is the manifest, which proves completeness."""
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
    """Yields a header, then one row per entry."""
    yield csv_export.header()
    for rows in export.pieces():
        yield csv_export.lines(rows)
