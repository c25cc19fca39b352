"""The leases of jobs (compare-and-set), and the heartbeats of workers.

Times are the machines' own: workers on several machines need clocks that agree within seconds.
A stored time far in the future, written by a clock that was wrong and set back, counts as past.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, CursorResult, and_, bindparam, delete, or_, select, update

from webui.core.extensions import db, read, write_transaction
from webui.models import JobState, WorkerBeat
from webui.models.columns import now

LEASE = timedelta(seconds=60)
"""How long a lease is valid without being renewed."""
BEAT = timedelta(seconds=10)
"""The interval in which a worker writes its heartbeat and renews its leases."""
SILENT = 3 * BEAT
"""Without a heartbeat for this long, a worker counts as dead."""
_FORGOTTEN = timedelta(days=1)
_AHEAD = timedelta(hours=2)
"""Longer than any job's interval and any lease."""
# Built once, because pages use it often.
_BEATS = WorkerBeat.__table__.c
_ALIVE = (
    select(_BEATS.id)
    .where(_BEATS.beat_at > bindparam("since"), _BEATS.beat_at < bindparam("until"))
    .limit(1)
)


def alive() -> bool:
    """Whether any worker is alive."""
    at = now()
    return read(_ALIVE, {"since": at - SILENT, "until": at + SILENT}).first() is not None


def beat(worker: UUID) -> None:
    """Writes the heartbeat of a worker. Its first one deletes workers that died long ago."""
    with write_transaction():
        row = db.session.get(WorkerBeat, worker)
        if row is None:
            db.session.execute(delete(WorkerBeat).where(WorkerBeat.beat_at < now() - _FORGOTTEN))
            db.session.add(WorkerBeat(id=worker, beat_at=now()))
        else:
            row.beat_at = now()


def worker_left(worker: UUID) -> None:
    """Deletes a worker that ends, so that pages do not show it as alive until SILENT."""
    with write_transaction():
        db.session.execute(delete(WorkerBeat).where(WorkerBeat.id == worker))


def due_jobs(names: Collection[str]) -> list[str]:
    """Returns the jobs that are due and not leased, the longest waiting first.

    A job without a row in the database is due.
    """
    at = now()
    query = select(JobState.name, _is_waiting(at).label("waits")).order_by(JobState.next_at)
    waits = {row.name: row.waits for row in db.session.execute(query)}
    db.session.rollback()
    unknown = [name for name in names if name not in waits]
    return unknown + [name for name, waiting in waits.items() if waiting and name in names]


def _is_waiting(at: datetime) -> ColumnElement[bool]:
    """SQL: whether a job is due and not leased."""
    free = or_(JobState.leased_until.is_(None), _is_past(JobState.leased_until, at))
    return and_(_is_past(JobState.next_at, at), free)


def _is_past(then: Any, at: datetime) -> ColumnElement[bool]:
    return or_(then <= at, then > at + _AHEAD)


def claim_job(name: str, run: UUID) -> bool:
    """Takes the lease of a job for a run; False when it is not due or another run took it."""
    at = now()
    with write_transaction():
        if db.session.get(JobState, name) is None:
            db.session.add(JobState(name=name, next_at=at))
            db.session.flush()
        taken = (
            update(JobState)
            .where(JobState.name == name, _is_waiting(at))
            .values(holder=run, leased_until=at + LEASE)
        )
        return _changed(taken)


def renew_lease(runs: Iterable[UUID]) -> set[UUID]:
    """Renews the leases of runs; returns the runs that have lost theirs."""
    lost = set()
    with write_transaction():
        for run in runs:
            kept = update(JobState).where(JobState.holder == run)
            if not _changed(kept.values(leased_until=now() + LEASE)):
                lost.add(run)
    return lost


def finish_run(name: str, run: UUID, wait: timedelta) -> None:
    """Releases the lease; the job is due again after ``wait``. No effect without the lease."""
    held = update(JobState).where(JobState.name == name, JobState.holder == run)
    with write_transaction():
        _changed(held.values(holder=None, leased_until=None, next_at=now() + wait))


def _changed(statement: object) -> bool:
    result = db.session.execute(statement)  # type: ignore[call-overload]
    assert isinstance(result, CursorResult)
    return result.rowcount == 1
