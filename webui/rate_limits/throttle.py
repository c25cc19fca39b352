"""Growing delays against guessing, counted in the database so that all processes share them.

A try is counted *before* it is checked (:func:`consume`), in a write transaction of its own, and
taken back when it was right (:func:`refund`). So a hundred simultaneous tries have no advantage
over a hundred in sequence. A try during a delay is refused without being checked; it is not
counted and does not extend the delay. The first refused try of a delay is recorded in the
history, the others write nothing. :mod:`webui.rate_limits.try_limits` defines the counters.

Use: call ``consume(counters, actor)`` first; it raises :class:`TooMany`. After a right try, call
``refund(counters)`` in the transaction that acts on it, before its history entry.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from webui.core.extensions import db, is_sqlite, write_transaction
from webui.history.record.actions import Action, Outcome
from webui.history.record.actor import Actor
from webui.history.record.log import record
from webui.models import TryCounter
from webui.models.columns import Audited, now
from webui.models.tenant.tenant import Change
from webui.rate_limits.try_limits import Counter, Limit
from webui.values.durations import whole_seconds

# A delay gets one history entry, and a counter never gets entries more often than this.
_RECORD_EVERY = timedelta(minutes=1)
_PURGED_AT_ONCE = 100


class TooMany(Exception):
    """The try was refused without being checked; ``wait``: the time until the next one."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"wait {whole_seconds(wait)} seconds")
        self.wait = wait


def consume(counters: Sequence[Counter], actor: Actor, silent: Sequence[Counter] = ()) -> bool:
    """Counts a try before it is checked. Raises TooMany during a delay.

    ``actor``: for the history entry about the delay. Opens its own write transaction, unless
    there is nothing to write: a flood of refused tries must not keep others from saving.

    ``silent`` counters are counted as well, but their delay is told to nobody. Returns False
    during one: then the caller must refuse the try, whatever it contains, as if it were wrong.
    """
    wait, may_be_right = _known_wait(counters), False
    if wait is None:
        with write_transaction():
            at = now()
            wait = _count_try(counters, at, actor)
            may_be_right = wait is None and _count_silently(silent, at)
    if wait:
        raise TooMany(wait)
    return may_be_right


def _known_wait(counters: Sequence[Counter]) -> timedelta | None:
    """Returns the rest of a delay that is already recorded in the history, or None.

    None does not mean that the try is allowed: only the check under the lock decides.
    """
    at, keys = now(), {counter.key: counter.limit for counter in counters}
    columns = (TryCounter.key, TryCounter.last_at, TryCounter.free_at, TryCounter.told_at)
    found = db.session.execute(select(*columns).where(TryCounter.key.in_(keys)))
    rows = [row for row in found if row.free_at and not _is_old(row, keys[row.key], at)]
    slowest = max(rows, key=lambda row: row.free_at, default=None)
    if slowest is None or slowest.free_at <= at or not _is_recorded(slowest, at):
        return None
    wait: timedelta = slowest.free_at - at
    return wait


def _count_try(counters: Sequence[Counter], at: datetime, actor: Actor) -> timedelta | None:
    """Counts a try in the current write transaction. Returns the wait, or None."""
    rows = _locked(counters, at)
    _purge(at, [row.key for row in rows])
    slowest = max(rows, key=lambda row: row.free_at or at)
    wait = (slowest.free_at or at) - at
    if wait > timedelta(0):
        _record_refused(slowest, wait, at, counters[0].limit.kind, actor)
        return wait
    _count(counters, rows, at)
    return None


def _count_silently(counters: Sequence[Counter], at: datetime) -> bool:
    """Counts a try in the current write transaction. Returns whether there is no delay."""
    if not counters:
        return True
    rows = _locked(counters, at)
    if any(row.free_at and row.free_at > at for row in rows):
        return False
    _count(counters, rows, at)
    return True


def _count(counters: Sequence[Counter], rows: Sequence[TryCounter], at: datetime) -> None:
    for counter, row in zip(counters, rows, strict=True):
        if counter.share is None or rows[0].tries <= counter.share:
            _set_counter(counter.limit, row, at, row.tries + 1)


def refund(counters: Sequence[Counter]) -> None:
    """Takes back the count of a right try, in the current write transaction."""
    at = now()
    rows = _locked(counters, at)
    counted = [c.share is None or rows[0].tries <= c.share for c in counters]
    for counter, row, was_counted in zip(counters, rows, counted, strict=True):
        if counter.limit.clears:
            _set_counter(counter.limit, row, at, 0)
        elif was_counted:
            _set_counter(counter.limit, row, at, max(0, row.tries - 1))


def _locked(counters: Sequence[Counter], at: datetime) -> list[TryCounter]:
    """Returns the counters' rows, creates missing ones, and locks them until the commit.

    Locks in the order of the keys, so that two tries cannot deadlock.
    """
    keys = {counter.key: counter.limit for counter in counters}
    fresh = {"tries": 0, "last_at": at}
    values = [
        {"key": key, "kind": keys[key].kind, "expires_at": at + keys[key].forget, **fresh}
        for key in sorted(keys)
    ]
    # On both databases the upsert locks an existing row, so no purge can delete it meanwhile.
    insert = (sqlite if is_sqlite() else postgresql).insert(TryCounter).values(values)
    db.session.execute(
        insert.on_conflict_do_update(index_elements=["key"], set_={"key": insert.excluded.key})
    )
    found = {
        row.key: row
        for row in db.session.scalars(
            select(TryCounter)
            .where(TryCounter.key.in_(keys))
            .execution_options(populate_existing=True)
        )
    }
    for key, limit in keys.items():
        _forget_old(found[key], limit, at)
    return [found[counter.key] for counter in counters]


def _forget_old(row: TryCounter, limit: Limit, at: datetime) -> None:
    if _is_old(row, limit, at):
        row.tries, row.free_at, row.told_at = 0, None, None


def _is_old(row: Any, limit: Limit, at: datetime) -> bool:
    """Whether the last try is so long ago that the counter starts again at zero."""
    return bool(at - row.last_at >= limit.forget)


def _is_recorded(row: Any, at: datetime) -> bool:
    """Whether the history has an entry about the counter's delay, or a very recent other one."""
    recorded = row.told_at
    return bool(recorded and (recorded >= row.last_at or at - recorded < _RECORD_EVERY))


def _set_counter(limit: Limit, row: TryCounter, at: datetime, tries: int) -> None:
    """Sets a counter to ``tries``, with the resulting delay."""
    delay = limit.delay(tries)
    row.tries, row.last_at = tries, at
    row.free_at = at + delay if delay and tries else None
    row.expires_at = at + limit.forget


def _record_refused(
    row: TryCounter, wait: timedelta, at: datetime, kind: str, actor: Actor
) -> None:
    """Records the first refused try of a delay in the history."""
    if _is_recorded(row, at):
        return
    changes = [
        Change("tried", Audited.PLAIN, None, kind),
        Change("wait_seconds", Audited.PLAIN, None, whole_seconds(wait)),
    ]
    row.told_at = at
    record(Action.TRY_DELAYED, actor, outcome=Outcome.DENIED, changes=changes)


def _purge(at: datetime, used: Sequence[str]) -> None:
    """Deletes expired counters, up to 100 at a time and never those in use."""
    old = (
        select(TryCounter.key)
        .where(TryCounter.expires_at < at, TryCounter.key.not_in(used))
        .limit(_PURGED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    statement = delete(TryCounter).where(TryCounter.key.in_(old))
    db.session.execute(statement, execution_options={"synchronize_session": False})
