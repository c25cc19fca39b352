"""Compares checkpoints with the entries that they were made of."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice

from sqlalchemy import Connection

from webui.history.checkpoints import checkpoint_lines
from webui.history.checkpoints.checkpoints import Checkpoint
from webui.history.checkpoints.problems import MOST
from webui.history.verification import raw_rows


@dataclass
class Anchors:
    """The result: how many checkpoints there are, and the highest seq of them.

    ``right``: the highest seq of an entry that has its checkpoint's hash; ``wrong``: seqs of those
    that have another one, up to MOST, each with the highest right one before it that was seen.
    """

    count: int = 0
    last: int = 0
    right: int = 0
    wrong: list[tuple[int, int]] = field(default_factory=list)

    def compare(self, connection: Connection, checkpoints: Iterable[Checkpoint]) -> Iterator[None]:
        """Compares valid checkpoints, a few at each step. Those of missing entries are neither."""
        some = iter(checkpoints)
        while batch := sorted(islice(some, checkpoint_lines.AT_ONCE), key=lambda one: one.seq):
            texts = raw_rows.bodies(connection, [one.seq for one in batch])
            hashes = {seq: sha256(body).hexdigest() for seq, body in texts}
            for one in batch:
                self._add(one, hashes.get(one.seq))
            yield

    def _add(self, checkpoint: Checkpoint, found: str | None) -> None:
        self.count += 1
        self.last = max(self.last, checkpoint.seq)
        if found == checkpoint.hash:
            self.right = max(self.right, checkpoint.seq)
        elif found is not None and len(self.wrong) < MOST:
            before = self.right if self.right < checkpoint.seq else 0
            self.wrong.append((checkpoint.seq, before))
