"""Re-encrypts everything with the primary key, online and resumable.

The work left is exactly the values with another key, so no progress is stored: after kill -9
the next run continues. Each value is replaced only if it is still the one that was read
(compare-and-set), in short transactions between which others can write. This is the only
exception from the ban on bulk updates; ``version`` and history stay unchanged.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, literal, select, tuple_

from webui.core.extensions import db, is_sqlite, keyring, write_transaction
from webui.crypto.keyring import KeyRing, SecretError
from webui.history.record.actions import Action
from webui.history.record.actor import Actor
from webui.history.record.guard import REKEYING
from webui.history.record.log import record
from webui.keys import resealing, uses
from webui.models.columns import Audited, row_id
from webui.models.seals.sealed_columns import KeyedColumn, keyed_columns
from webui.models.tenant.tenant import Change

BATCH = 200
"""Values per transaction: a few milliseconds of work."""
_PASSES = 5
_NAMED = 20
"""The number of unreadable values that are listed; the others are only counted."""


@dataclass
class Rotated:
    """The result of a run: values re-encrypted, unreadable, and left with old keys."""

    primary: str
    due: int
    moved: int = 0
    unreadable: int = 0
    named: list[str] = field(default_factory=list)
    left: int = 0

    def cannot_read(self, place: str) -> None:
        """Counts an unreadable value, which is not changed."""
        self.unreadable += 1
        if len(self.named) < _NAMED:
            self.named.append(place)


def due_values() -> int:
    """Returns the number of values that use other keys of the ring than the primary one."""
    number = uses.count_uses(_other_keys(keyring()))
    db.session.rollback()
    return number


def rotate_values(
    actor: Actor, reason: str | None = None, progress: Callable[[int], None] = lambda _: None
) -> Rotated:
    """Re-encrypts every value and blind index with the primary key; ``progress`` gets counts.

    Up to five passes, because processes without the newest key continue to write with an old one.
    """
    ring = keyring()
    result = Rotated(ring.primary, due_values())
    for _ in range(_PASSES):
        result.unreadable, result.named = 0, []
        before = result.moved
        for place, rows in _batches(ring):
            fresh = [row for r in rows if (row := _resealed(ring, place, r, result))]
            result.moved += _write(place, fresh, result, actor, reason)
            progress(len(rows))
        result.left = due_values() - result.unreadable
        if result.left <= 0 or result.moved == before:
            break
    return result


def _other_keys(ring: KeyRing) -> list[str]:
    return [kid for kid in ring.ids if kid != ring.primary]


def _batches(ring: KeyRing) -> Iterator[tuple[KeyedColumn, list[Any]]]:
    """Yields the rows with other keys of the ring, in batches, without an open transaction."""
    for place in keyed_columns():
        for kid in _other_keys(ring):
            for condition in uses.uses_of_key(place, kid):
                after: tuple[Any, ...] | None = None
                while rows := _read(place, condition, after):
                    yield place, rows
                    after = tuple(rows[-1][: len(place.key)])


def _read(
    place: KeyedColumn, condition: ColumnElement[bool], after: tuple[Any, ...] | None
) -> list[Any]:
    query = select(*resealing.columns_to_read(place)).where(condition)
    query = query.order_by(*place.key).limit(BATCH)
    if after is not None:
        there = (literal(v, c.type) for v, c in zip(after, place.key, strict=True))
        query = query.where(tuple_(*place.key) > tuple_(*there))
    rows = list(db.session.execute(query))
    db.session.rollback()
    return rows


def _resealed(
    ring: KeyRing, place: KeyedColumn, row: Any, result: Rotated
) -> resealing.Parameters | None:
    """Returns the parameters of a row's update; None for an unreadable value."""
    try:
        return resealing.parameters(ring, place, row)
    except SecretError:
        result.cannot_read(f"{place} of {row_id(row[: len(place.key)])}")
        return None


def _write(
    place: KeyedColumn,
    rows: list[dict[str, Any]],
    result: Rotated,
    actor: Actor,
    reason: str | None,
) -> int:
    """Writes a batch; the first one of a run also writes the history entry. Returns the count."""
    if not rows:
        return 0
    started = time.monotonic()
    with write_transaction():
        done = db.session.execute(
            resealing.statement(place), rows, execution_options={REKEYING: True}
        )
        moved: int = done.rowcount  # type: ignore[attr-defined]
        if moved and not result.moved:
            record(Action.KEYS_ROTATED, actor, changes=_changes(result), reason=reason)
    if is_sqlite():
        # SQLite has one writer at a time and no queue: leave other writers half of the time.
        time.sleep(time.monotonic() - started)
    return moved


def _changes(result: Rotated) -> list[Change]:
    return [
        Change("key", Audited.PLAIN, None, result.primary),
        Change("values", Audited.PLAIN, None, result.due),
    ]
