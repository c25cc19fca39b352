"""Who does which job: leases by compare-and-set, and the workers' signs of life.

Times are the machines' own: workers on several machines need clocks that agree within seconds.
What a clock wrote that was far ahead, and was put back since, counts as past.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CursorResult, bindparam, delete, or_, select, update

from webui.extensions import db, read, write_transaction
from webui.models import JobState, WorkerBeat
from webui.models.columns import now

LEASE = timedelta(seconds=60)
"""How long a run counts without being renewed."""
BEAT = timedelta(seconds=10)
"""How often a worker says that it lives, and renews what it holds."""
SILENT = 3 * BEAT
"""After how long without a sign a worker counts as dead."""
_FORGOTTEN = timedelta(days=1)
_AHEAD = timedelta(hours=2)
"""Longer than any job waits or any lease lasts."""
# Built once: pages ask it often.
_BEATS = WorkerBeat.__table__.c
_ALIVE = (
    select(_BEATS.id)
    .where(_BEATS.beat_at > bindparam("since"), _BEATS.beat_at < bindparam("until"))
    .limit(1)
)


def alive() -> bool:
    """Whether any worker lives."""
    at = now()
    return read(_ALIVE, {"since": at - SILENT, "until": at + SILENT}).first() is not None


def beat(worker: UUID) -> None:
    """Says that the worker lives, and forgets those that died long ago."""
    with write_transaction():
        row = db.session.get(WorkerBeat, worker)
        if row is None:
            db.session.execute(delete(WorkerBeat).where(WorkerBeat.beat_at < now() - _FORGOTTEN))
            db.session.add(WorkerBeat(id=worker, beat_at=now()))
        else:
            row.beat_at = now()


def leave(worker: UUID) -> None:
    """The worker ends: pages need not wait until it counts as dead."""
    with write_transaction():
        db.session.execute(delete(WorkerBeat).where(WorkerBeat.id == worker))


def due(names: Collection[str]) -> list[str]:
    """The jobs whose time has come and that nobody does, the longest waiting first.

    A job that the database does not know yet is due.
    """
    at = now()
    states = db.session.scalars(select(JobState).order_by(JobState.next_at)).all()
    known = {state.name for state in states}
    waiting = [
        state.name
        for state in states
        if _is_past(state.next_at, at) and _free(state, at) and state.name in names
    ]
    db.session.rollback()
    return [name for name in names if name not in known] + waiting


def _free(state: JobState, at: datetime) -> bool:
    return state.leased_until is None or _is_past(state.leased_until, at)


def _is_past(then: datetime, at: datetime) -> bool:
    return then <= at or then > at + _AHEAD


def claim(name: str, run: UUID) -> bool:
    """Takes the job for a run; False when it is not due any more or somebody was faster."""
    at = now()
    with write_transaction():
        if db.session.get(JobState, name) is None:
            db.session.add(JobState(name=name, next_at=at))
            db.session.flush()
        taken = (
            update(JobState)
            .where(
                JobState.name == name,
                or_(JobState.next_at <= at, JobState.next_at > at + _AHEAD),
                or_(
                    JobState.leased_until.is_(None),
                    JobState.leased_until <= at,
                    JobState.leased_until > at + _AHEAD,
                ),
            )
            .values(holder=run, leased_until=at + LEASE)
        )
        return _changed(taken)


def renew(runs: Iterable[UUID]) -> set[UUID]:
    """Lets the runs go on; returns those that hold their lease no more."""
    lost = set()
    with write_transaction():
        for run in runs:
            kept = update(JobState).where(JobState.holder == run)
            if not _changed(kept.values(leased_until=now() + LEASE)):
                lost.add(run)
    return lost


def finish(name: str, run: UUID, wait: timedelta) -> None:
    """Gives the job back, due again after ``wait``; nothing when the run lost its lease."""
    held = update(JobState).where(JobState.name == name, JobState.holder == run)
    with write_transaction():
        _changed(held.values(holder=None, leased_until=None, next_at=now() + wait))


def _changed(statement: object) -> bool:
    result = db.session.execute(statement)  # type: ignore[call-overload]
    assert isinstance(result, CursorResult)
    return result.rowcount == 1
