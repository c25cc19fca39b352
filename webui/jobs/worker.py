"""The worker: polls for due jobs and runs each in a thread of its own, until stopped."""

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
"""Seconds between two polls for due jobs."""
RETRY = timedelta(seconds=15)
"""The minimum wait of a job after an error."""
GRACE = 10.0
"""Seconds that running jobs have to end when the worker stops."""


class Worker:
    """One worker process. :meth:`run` returns after :meth:`stop`, called by a signal or thread."""

    def __init__(self, app: Flask, poll: float = POLL) -> None:
        self._app = app
        self._poll = poll
        self._id = uuid4()
        self._shutdown = threading.Event()
        self._running: dict[str, tuple[threading.Thread, Run]] = {}
        self._next_beat = 0.0

    def stop(self) -> None:
        """Ends the worker soon: it starts no new jobs, and running ones get GRACE seconds."""
        self._shutdown.set()

    def run(self) -> None:
        """Runs jobs until :meth:`stop`. An error of a job or the database does not end it."""
        while not self._shutdown.is_set():
            self._guarded("the worker", self._start_due_jobs)
            self._shutdown.wait(self._poll)
        self._end()

    def once(self) -> None:
        """Runs all jobs that are due now, one after the other, and returns."""
        for name in self._due():
            _run_job(self._app, JOBS[name], Run(shutdown=self._shutdown))

    def _start_due_jobs(self) -> None:
        self._running = {n: pair for n, pair in self._running.items() if pair[0].is_alive()}
        if time.monotonic() >= self._next_beat:
            self._beat()
        for name in self._due():
            if name not in self._running:
                run = Run(shutdown=self._shutdown)
                # A daemon thread: a job that ignores the shutdown must not keep the process alive.
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
        """Calls ``pending`` of the job. Logs an error, so that it does not affect other jobs."""
        try:
            return JOBS[name].pending()
        except Exception as error:
            _log(self._app, f"job {name}", error)
            return False
        finally:
            db.session.rollback()

    def _work(self, name: str, run: Run) -> None:
        self._guarded(f"job {name}", lambda: _run_job(self._app, JOBS[name], run))

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


def _run_job(app: Flask, job: Job, run: Run) -> None:
    """Takes the job's lease, runs it until there is no more to do, and releases the lease."""
    with app.app_context():
        try:
            if not leases.claim_job(job.name, run.id):
                return
        except IntegrityError:
            # Two workers inserted a new job's row at the same time: the other one has the lease.
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
