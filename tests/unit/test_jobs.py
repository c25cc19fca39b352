"""The worker: leases, due jobs, errors, shutdown, and what pages hear of it."""

import os
import signal
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from tests import processes
from tests.raw import everything, unchanged
from webui.core.extensions import db, write_transaction
from webui.jobs import alive, job, leases, registry, worker
from webui.jobs.worker import Worker
from webui.models import JobState, WorkerBeat
from webui.models.columns import now

pytestmark = [pytest.mark.usefixtures("app"), pytest.mark.both_databases]
HOUR = timedelta(hours=1)
# Seconds until something that never happens is given up; never waited for in a passing test.
PATIENCE = 20


@pytest.fixture(autouse=True)
def jobs(monkeypatch):
    """No jobs but the test's own."""
    monkeypatch.setattr(registry, "JOBS", {})
    monkeypatch.setattr(worker, "JOBS", registry.JOBS)
    return registry.JOBS


@pytest.fixture
def working(app):
    """Starts workers in threads and ends them."""
    started = []

    def start(poll=0.01):
        one = Worker(app, poll)
        thread = threading.Thread(target=one.run)
        thread.start()
        started.append((one, thread))
        return one

    yield start
    for one, _ in started:
        one.stop()
    for _, thread in started:
        thread.join(PATIENCE)
        assert not thread.is_alive()


def state(name="tidy"):
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(JobState, name)


def set_state(**values):
    with write_transaction():
        db.session.execute(update(JobState).values(**values))


class TestJob:
    def test_has_a_name_of_its_own(self):
        job("tidy", every=HOUR)(lambda run: None)
        with pytest.raises(ValueError, match="tidy"):
            job("tidy", every=HOUR)(lambda run: None)


class TestClaim:
    def test_is_given_once(self):
        assert leases.claim_job("tidy", uuid4())
        assert not leases.claim_job("tidy", uuid4())

    def test_is_given_again_after_the_lease_ran_out(self):
        leases.claim_job("tidy", uuid4())
        set_state(leased_until=now() - timedelta(seconds=1))
        assert leases.due_jobs(["tidy"]) == ["tidy"]
        assert leases.claim_job("tidy", uuid4())

    def test_is_not_given_before_its_time(self):
        run = uuid4()
        leases.claim_job("tidy", run)
        leases.finish_run("tidy", run, HOUR)
        assert leases.due_jobs(["tidy"]) == []
        assert not leases.claim_job("tidy", uuid4())

    @pytest.mark.parametrize("column", ["next_at", "leased_until"])
    def test_waits_for_no_clock_that_was_ahead(self, column):
        run = uuid4()
        leases.claim_job("tidy", run)
        if column == "next_at":
            leases.finish_run("tidy", run, HOUR)
        set_state(**{column: now() + timedelta(days=365)})
        assert leases.due_jobs(["tidy"]) == ["tidy"]
        assert leases.claim_job("tidy", uuid4())

    def test_who_lost_the_lease_cannot_finish(self):
        slow, fast = uuid4(), uuid4()
        leases.claim_job("tidy", slow)
        set_state(leased_until=now() - timedelta(seconds=1))
        leases.claim_job("tidy", fast)
        assert leases.renew_lease([slow, fast]) == {slow}
        leases.finish_run("tidy", slow, HOUR)
        assert state().holder == fast

    def test_is_renewed_while_held(self):
        run = uuid4()
        leases.claim_job("tidy", run)
        set_state(leased_until=now() + timedelta(seconds=1))
        assert leases.renew_lease([run]) == set()
        assert state().leased_until > now() + timedelta(seconds=30)


class TestOnce:
    def test_does_what_is_due_and_not_what_is_not(self, app):
        done = []
        job("tidy", every=HOUR)(lambda run: done.append("tidy"))
        job("idle", every=HOUR, pending=lambda: False)(lambda run: done.append("idle"))
        Worker(app).once()
        Worker(app).once()
        assert done == ["tidy"]

    def test_runs_again_at_once_while_there_is_more_to_do(self, app):
        left = [1, 2, 3]
        job("tidy", every=HOUR)(lambda run: left.pop() > 1)
        Worker(app).once()
        assert left == []
        assert state().holder is None

    def test_an_error_is_logged_and_delays_the_job_alone(self, app, caplog):
        done = []

        @job("broken", every=timedelta(0))
        def fail(run):
            raise ZeroDivisionError

        @job("unsure", every=HOUR, pending=lambda: 1 / 0)
        def never(run):
            done.append("unsure")

        job("tidy", every=HOUR)(lambda run: done.append("tidy"))
        Worker(app).once()
        assert done == ["tidy"]
        assert "job broken failed" in caplog.text
        assert "job unsure failed" in caplog.text
        assert timedelta(seconds=10) < state("broken").next_at - now() <= worker.RETRY

    def test_is_a_command(self, app):
        done = []
        job("tidy", every=HOUR)(lambda run: done.append("tidy"))
        result = app.test_cli_runner().invoke(args=["jobs", "run", "--once"])
        assert (result.exit_code, done) == (0, ["tidy"])


class TestIdle:
    def test_writes_nothing(self, app):
        job("idle", every=timedelta(0), pending=lambda: False)(lambda run: None)
        with unchanged():
            Worker(app).once()


class TestSeveralWorkers:
    def test_do_a_job_once(self, working):
        done, enough = [], threading.Event()

        @job("tidy", every=HOUR)
        def tidy(run):
            done.append(run.id)

        @job("after", every=timedelta(0), pending=lambda: len(done) > 0)
        def after(run):
            enough.set()

        for _ in range(3):
            working()
        assert enough.wait(PATIENCE)
        assert len(done) == 1

    def test_a_slow_job_delays_no_other(self, working):
        free, other = threading.Event(), threading.Event()
        job("slow", every=HOUR)(lambda run: free.wait(PATIENCE) and None)
        job("other", every=HOUR)(lambda run: other.set())
        working()
        assert other.wait(PATIENCE)
        free.set()


class TestShutdown:
    def test_tells_running_jobs(self, working):
        started, heard = threading.Event(), threading.Event()

        @job("long", every=HOUR)
        def long(run):
            started.set()
            if run.shutdown.wait(PATIENCE) and run.stopping:
                heard.set()
            return True

        one = working()
        assert started.wait(PATIENCE)
        one.stop()
        assert heard.wait(PATIENCE)

    def test_a_lost_lease_ends_the_run(self, working, monkeypatch):
        monkeypatch.setattr(leases, "BEAT", timedelta(0))
        started, ended = threading.Event(), threading.Event()

        @job("long", every=HOUR)
        def long(run):
            started.set()
            with db.session.begin():
                pass
            while not run.stopping:
                run.shutdown.wait(0.01)
            ended.set()

        working()
        assert started.wait(PATIENCE)
        set_state(holder=uuid4())
        assert ended.wait(PATIENCE)


class TestAlive:
    def test_nobody_lives_at_first(self):
        assert not alive()

    def test_says_so_while_a_worker_lives(self, working):
        seen = threading.Event()
        job("tidy", every=HOUR)(lambda run: seen.set())
        one = working()
        assert seen.wait(PATIENCE)
        assert alive()
        assert db.session.scalar(select(func.count()).select_from(WorkerBeat)) == 1
        db.session.rollback()
        one.stop()

    def test_a_silent_worker_counts_as_dead(self):
        leases.beat(uuid4())
        assert alive()
        with write_transaction():
            db.session.execute(update(WorkerBeat).values(beat_at=now() - leases.SILENT))
        assert not alive()

    def test_nor_does_one_live_whose_clock_was_ahead(self):
        leases.beat(uuid4())
        with write_transaction():
            db.session.execute(update(WorkerBeat).values(beat_at=now() + timedelta(days=365)))
        assert not alive()

    def test_who_leaves_is_gone_at_once(self):
        one = uuid4()
        leases.beat(one)
        leases.worker_left(one)
        assert not alive()

    def test_the_long_dead_are_forgotten(self):
        leases.beat(uuid4())
        with write_transaction():
            db.session.execute(update(WorkerBeat).values(beat_at=now() - timedelta(days=2)))
        leases.beat(uuid4())
        assert len(everything()["workers"]) == 1


class TestProcess:
    @pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
    def test_ends_in_order_when_told_to(self, config, sent):
        process = processes.flask(os.environ | settings_of(config), "jobs", "run")
        assert process.stdout.readline() == "The worker is running.\n"
        os.kill(process.pid, sent)
        assert process.end() == (0, "The worker has stopped.\n")
        assert everything()["workers"] == []


def settings_of(config):
    """The configuration as environment variables."""
    return {
        "DATABASE_URL": config.database_url,
        "WEBUI_ENV": config.environment,
        "WEBUI_INSTANCE": str(config.instance),
        "WEBUI_SECRET_KEY": config.secret_key,
        "WEBUI_KEYRING": config.keyring,
        "WEBUI_AUDIT_KEY": config.audit_key,
    }
