"""The worker: polls for due jobs and does each on a thread of its own, until told to stop."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from flask import Flask
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from webui.core.extensions import db
from webui.jobs import leases
from webui.jobs.registry import JOBS, Job, Run
from webui.web.errors import log_database_error

POLL = 1.0
"""Seconds between two looks for due jobs."""
RETRY = timedelta(seconds=15)
"""How long a job that failed waits at least."""
GRACE = 10.0
"""Seconds that running jobs get to end after the worker was told to stop."""


class Worker:
    """One worker process. :meth:`run` returns after :meth:`stop`, from a signal or a thread."""

    def __init__(self, app: Flask, poll: float = POLL) -> None:
        self._app = app
        self._poll = poll
        self._id = uuid4()
        self._shutdown = threading.Event()
        self._running: dict[str, tuple[threading.Thread, Run]] = {}
        self._next_beat = 0.0

    def stop(self) -> None:
        """Ends the worker soon: no new jobs, a moment for those that run."""
        self._shutdown.set()

    def run(self) -> None:
        """Works until :meth:`stop`. An error of a job or the database does not end it."""
        while not self._shutdown.is_set():
            self._guarded("the worker", self._look)
            self._shutdown.wait(self._poll)
        self._end()

    def once(self) -> None:
        """Does everything that is due now, one after the other, and returns."""
        for name in self._due():
            _do(self._app, JOBS[name], Run(shutdown=self._shutdown))

    def _look(self) -> None:
        self._running = {n: pair for n, pair in self._running.items() if pair[0].is_alive()}
        if time.monotonic() >= self._next_beat:
            self._beat()
        for name in self._due():
            if name not in self._running:
                run = Run(shutdown=self._shutdown)
                # A daemon: a job that ignores the shutdown must not keep the process.
                thread = threading.Thread(target=self._work, args=(name, run), daemon=True)
                self._running[name] = (thread, run)
                thread.start()

    def _beat(self) -> None:
        with self._app.app_context():
            leases.beat(self._id)
            runs = {run.id: run for _, run in self._running.values()}
            if runs:
                for lost in leases.renew_lease(runs):
                    runs[lost].lost = True
        self._next_beat = time.monotonic() + leases.BEAT.total_seconds()

    def _due(self) -> list[str]:
        with self._app.app_context():
            return [name for name in leases.due_jobs(JOBS) if self._is_pending(name)]

    def _is_pending(self, name: str) -> bool:
        """Asks the job; an error there is that job's alone, and ends its transaction."""
        try:
            return JOBS[name].pending()
        except Exception as error:
            _log(self._app, f"job {name}", error)
            return False
        finally:
            db.session.rollback()

    def _work(self, name: str, run: Run) -> None:
        self._guarded(f"job {name}", lambda: _do(self._app, JOBS[name], run))

    def _guarded(self, what: str, act: Callable[[], object]) -> None:
        try:
            act()
        except Exception as error:
            with self._app.app_context():
                _log(self._app, what, error)

    def _end(self) -> None:
        deadline = time.monotonic() + GRACE
        for thread, _ in self._running.values():
            thread.join(max(0.0, deadline - time.monotonic()))
        with self._app.app_context():
            self._guarded("the worker", lambda: leases.worker_left(self._id))


def _do(app: Flask, job: Job, run: Run) -> None:
    """Claims the job, does it as often as there is more to do, and gives it back."""
    with app.app_context():
        try:
            if not leases.claim_job(job.name, run.id):
                return
        except IntegrityError:
            # Two workers met a new job at once: the other one has it.
            return
        wait = max(job.every, RETRY)
        try:
            while job.work(run) and not run.stopping:
                pass
            wait = job.every
        except Exception as error:
            _log(app, f"job {job.name}", error)
        leases.finish_run(job.name, run.id, wait)


def _log(app: Flask, what: str, error: Exception) -> None:
    if isinstance(error, SQLAlchemyError):
        app.logger.error("%s could not use the database", what)
        log_database_error(error)
    else:
        app.logger.error("%s failed", what, exc_info=error)
