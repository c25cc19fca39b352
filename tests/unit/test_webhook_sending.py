"""The worker's part: signed, retried, at least once, and nobody waits for a slow receiver."""

import importlib
import json
import random
import signal
import threading
from datetime import timedelta

import pytest
import standardwebhooks
from sqlalchemy import select, update

from tests import raw, webhook_worker
from tests.factories import revise
from tests.history import assert_audited, assert_history_holds, count_entries
from tests.outbox import deliver, deliveries, make_due, make_hooked, queue
from tests.processes import Child
from tests.receivers import OK, Authority, nobody, receiving
from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action
from webui.jobs import Run, registry
from webui.models import Delivery, DeliveryAttempt, WebhookStop
from webui.models.columns import now
from webui.outbox import Event
from webui.webhooks.delivery import sending
from webui.webhooks.signing_secret import new_signing_secret

pytestmark = pytest.mark.usefixtures("app")
ERROR = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"
GONE = b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n"
BUSY = b"HTTP/1.1 429 Busy\r\nRetry-After: 600\r\nContent-Length: 0\r\n\r\n"
# How often the worker is killed here; `make bench` is for more.
KILLS = 3


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def svix():
    """A second reader of signatures. Only here, because to import it takes half a second."""
    return importlib.import_module("svix")


@pytest.fixture
def reach(app):
    """Lets the worker reach a receiver."""

    def reach(receiver):
        app.extensions[sending.EXTENSION] = receiver.outside
        return receiver

    return reach


def only(tenant):
    [row] = deliveries(tenant)
    return row


class TestSuccess:
    def test_is_signed_and_recorded(self, authority, reach, svix):
        tenant = make_hooked()
        row = queue(tenant, version=7)
        with receiving(authority) as receiver:
            reach(receiver)
            deliver()
        [request] = receiver.requests
        assert request.headers["content-type"] == "application/json"
        for package in (standardwebhooks, svix):
            package.Webhook(tenant.webhook_secret).verify(request.body.decode(), request.headers)
            with pytest.raises(standardwebhooks.WebhookVerificationError):
                package.Webhook(new_signing_secret()).verify(request.body.decode(), request.headers)
        assert json.loads(request.body)["data"]["version"] == 7
        done = only(tenant)
        assert (done.state, done.attempts, done.status) == ("delivered", 1, 200)
        assert (done.tls, done.problem, done.lease) == ("TLSv1.3", None, None)
        assert request.headers["webhook-id"] == f"msg_{row.message.hex}"

    def test_is_signed_with_both_secrets_for_a_day(self, authority, reach, svix):
        old, until = new_signing_secret(), now() + timedelta(hours=1)
        tenant = make_hooked(webhook_secret_previous=old, webhook_secret_previous_until=until)
        with receiving(authority) as receiver:
            reach(receiver)
            queue(tenant)
            deliver()
            over = now() - timedelta(seconds=1)
            revise(tenant, Action.TENANT_WEBHOOK, webhook_secret_previous_until=over)
            queue(tenant)
            deliver()
        both, one = receiver.requests
        for secret in (tenant.webhook_secret, old):
            svix.Webhook(secret).verify(both.body.decode(), both.headers)
        assert len(one.headers["webhook-signature"].split()) == 1
        svix.Webhook(tenant.webhook_secret).verify(one.body.decode(), one.headers)

    def test_happens_once(self, authority, reach):
        tenant = make_hooked()
        queue(tenant)
        with receiving(authority) as receiver:
            reach(receiver)
            deliver()
            make_due()
            deliver()
        assert len(receiver.requests) == 1

    def test_of_everything_that_is_due(self, authority, reach):
        tenants = [make_hooked() for _ in range(3)]
        for tenant in tenants * 3:
            queue(tenant)
        with receiving(authority) as receiver:
            reach(receiver)
            deliver()
        assert {row.state for row in deliveries()} == {"delivered"}
        assert len(receiver.requests) == 9


class TestFailure:
    def test_is_tried_eight_times_with_the_same_id(self, authority, reach):
        tenant = make_hooked()
        queue(tenant)
        waits = []
        with receiving(authority, ERROR) as receiver:
            reach(receiver)
            for _ in range(10):
                deliver()
                row = only(tenant)
                waits.append(row.due_at - row.tried_at)
                make_due()
        assert len(receiver.requests) == 8
        assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1
        assert len({request.body for request in receiver.requests}) == 1
        assert (row.state, row.attempts, row.status) == ("failed", 8, 500)
        assert waits[:7] == sorted(waits[:7])
        assert timedelta(seconds=5) <= waits[0] < waits[6] <= timedelta(hours=10)

    @pytest.mark.parametrize(("asked", "waits"), [(600, 600), (1, 5), (99_999_999, 36_000)])
    def test_is_tried_again_when_the_receiver_says_and_never_earlier(
        self, authority, reach, asked, waits
    ):
        tenant = make_hooked()
        queue(tenant)
        with receiving(authority, BUSY.replace(b"600", b"%d" % asked)) as receiver:
            reach(receiver)
            deliver()
        row = only(tenant)
        waited = (row.due_at - row.tried_at).total_seconds()
        assert waits <= waited <= max(waits, 6)
        assert (row.state, row.attempts, row.status) == ("queued", 1, 429)

    def test_waits_for_its_time(self, authority, reach):
        tenant = make_hooked()
        queue(tenant)
        with receiving(authority, ERROR) as receiver:
            reach(receiver)
            deliver()
            deliver()
            assert not sending.delivery_due()
        assert len(receiver.requests) == 1

    def test_of_a_test_is_final(self, authority, reach):
        tenant = make_hooked()
        queue(tenant, Event.TEST)
        with receiving(authority, ERROR) as receiver:
            reach(receiver)
            deliver()
        assert (only(tenant).state, only(tenant).attempts) == ("failed", 1)

    def test_says_why_there_was_no_answer(self, authority, reach):
        tenant = make_hooked()
        queue(tenant)
        with nobody(authority) as receiver:
            reach(receiver)
            deliver()
        row = only(tenant)
        assert (row.state, row.status, row.problem) == ("queued", None, "refused")

    def test_of_a_private_address_makes_no_connection(self, app, authority):
        tenant = make_hooked()
        queue(tenant)
        with receiving(authority) as receiver:
            app.extensions[sending.EXTENSION] = receiver.world("127.0.0.1", allow=())
            deliver()
        assert (only(tenant).problem, receiver.connections) == ("blocked", 0)

    def test_without_the_key_is_tried_again(self, app, authority, reach):
        tenant, foreign = make_hooked(), make_hooked(name="Foreign")
        raw.past_the_guards(
            f"UPDATE tenants SET webhook_url = '{foreign.webhook_url_sealed}'"
            " WHERE name <> 'Foreign'"
        )
        queue(tenant)
        deliver()
        row = only(tenant)
        assert (row.state, row.problem, row.attempts) == ("queued", "unreadable", 1)

    @pytest.mark.parametrize(
        ("values", "problem"),
        [
            ({"webhook_url": None}, "no_url"),
            ({"webhook_secret": None}, "no_secret"),
            ({"status": "blocked"}, "closed"),
        ],
    )
    def test_what_can_no_longer_be_sent_is_cancelled(self, values, problem):
        tenant = make_hooked()
        row = queue(tenant)
        revise(tenant, Action.TENANT_WEBHOOK, **values)
        deliver()
        [done] = [r for r in deliveries(tenant) if r.id == row.id]
        assert (done.state, done.problem, done.attempts) == ("cancelled", problem, 0)


class TestGone:
    def test_stops_everything_and_is_recorded(self, authority, reach):
        tenant = make_hooked()
        first, second = queue(tenant), queue(tenant)
        with receiving(authority, GONE) as receiver:
            reach(receiver)
            deliver()
        states = {row.id: (row.state, row.problem) for row in deliveries(tenant)}
        assert states[first.id] == ("failed", None)
        assert states[second.id] == ("cancelled", "stopped")
        assert len(receiver.requests) == 1
        body = assert_audited(Action.WEBHOOK_STOPPED, tenant)
        assert body["actor"]["type"] == "system"
        assert_history_holds()

    def test_of_an_address_that_was_changed_meanwhile_stops_nothing(self, authority, reach):
        tenant = make_hooked()
        queue(tenant)
        [claimed] = sending.claim_deliveries(1)
        revise(tenant, Action.TENANT_WEBHOOK, webhook_url="https://other.example.com/")
        before = count_entries()
        sending.record_result(claimed, sending.Answer(5, 410))
        assert count_entries() == before
        assert db.session.get(WebhookStop, tenant.id) is None


@pytest.mark.both_databases
class TestLeases:
    def test_a_delivery_is_one_worker_s(self):
        tenant = make_hooked()
        queue(tenant)
        [claimed] = sending.claim_deliveries(5)
        assert sending.claim_deliveries(5) == []
        held = only(tenant)
        assert held.lease == claimed.lease
        length = timedelta(seconds=tenant.webhook_timeout_seconds)
        assert held.leased_until > now() + length

    def test_one_that_ran_out_is_another_s(self):
        tenant = make_hooked()
        queue(tenant)
        [first] = sending.claim_deliveries(5)
        with write_transaction():
            over = now() - timedelta(seconds=1)
            db.session.execute(update(Delivery).values(leased_until=over))
        [second] = sending.claim_deliveries(5)
        assert (second.id, second.headers["webhook-id"]) == (first.id, first.headers["webhook-id"])
        sending.record_result(first, sending.Answer(1, 500))
        assert (only(tenant).attempts, only(tenant).lease) == (0, second.lease)
        sending.record_result(second, sending.Answer(1, 200))
        assert (only(tenant).attempts, only(tenant).state) == (1, "delivered")

    def test_a_tenant_has_one_at_a_time_and_tests_besides(self):
        busy, idle = make_hooked(), make_hooked()
        for tenant in (busy, busy, busy, idle):
            queue(tenant)
        claimed = sending.claim_deliveries(10)
        assert sorted(c.tenant_id for c in claimed) == sorted([busy.id, idle.id])
        assert sending.claim_deliveries(10) == []
        queue(busy, Event.TEST)
        assert [c.tenant_id for c in sending.claim_deliveries(10)] == [busy.id]

    def test_no_more_are_claimed_than_asked_for(self):
        for _ in range(4):
            queue(make_hooked())
        assert len(sending.claim_deliveries(3)) == 3
        assert sending.claim_deliveries(0) == []

    def test_a_delivery_without_a_row_is_let_go(self):
        tenant = make_hooked()
        queue(tenant)
        [claimed] = sending.claim_deliveries(1)
        with write_transaction():
            db.session.delete(db.session.get_one(Delivery, claimed.id))
        sending.record_result(claimed, sending.Answer(1, 200))
        assert deliveries(tenant) == []


@pytest.mark.both_databases
class TestWorker:
    def test_knows_the_jobs(self):
        assert registry.JOBS["webhook deliveries"].work is sending.deliver
        assert {"old webhook deliveries", "old webhook secrets"} < registry.JOBS.keys()

    def test_a_slow_receiver_holds_up_nobody_else(self, app, authority):
        """The slow one answers only after everybody else's events arrived."""
        slow, *quick = (make_hooked() for _ in range(4))
        arrived = threading.Semaphore(0)

        def wait_for_the_others(connection):
            for _ in range(6):
                assert arrived.acquire(timeout=60)
            connection.sendall(OK)

        def tell(connection):
            arrived.release()
            connection.sendall(OK)

        revise(slow, Action.TENANT_WEBHOOK, webhook_url="https://slow.example.com/")
        for tenant in quick * 2:
            queue(tenant)
        with (
            receiving(authority, tell) as quick_one,
            receiving(authority, wait_for_the_others, authority.server("slow.example.com")) as one,
        ):
            slow_address, quick_address = "127.0.0.7", "127.0.0.8"
            world = {"slow.example.com": slow_address}
            app.extensions[sending.EXTENSION] = sending.Transport(
                allow=one.outside.allow,
                resolver=lambda host: [world.get(host, quick_address)],
                connector=lambda address, port, seconds: (
                    one if str(address) == slow_address else quick_one
                ).outside.connector(address, port, seconds),
                trust=authority.trust,
            )
            deliver()
        assert {row.state for row in deliveries()} == {"delivered"}

    def test_that_is_stopping_takes_nothing_new(self, authority, reach):
        tenant = make_hooked()
        queue(tenant)
        run = Run()
        run.shutdown.set()
        with receiving(authority) as receiver:
            reach(receiver)
            sending.deliver(run)
        assert (only(tenant).state, receiver.connections) == ("queued", 0)

    def test_killed_at_random_delivers_everything_with_the_same_id(self, app, authority):
        config = app.extensions["webui_config"]
        rows = [queue(tenant) for tenant in [make_hooked() for _ in range(5)] for _ in range(4)]
        expected = {f"msg_{row.message.hex}": row.body for row in rows}
        chance = random.Random(7)
        arrived = threading.Semaphore(0)

        def tell(connection):
            arrived.release()
            connection.sendall(OK)

        with receiving(authority, tell) as receiver:
            settings = {
                "instance": str(config.instance),
                "database_url": config.database_url,
                "environment": "development",
                "secret_key": config.secret_key,
                "keyring": config.keyring,
                "audit_key": config.audit_key,
                "port": receiver.port,
                "authority": str(authority.path),
            }
            for _ in range(KILLS):
                worker = Child(webhook_worker.main, settings)
                for _ in range(chance.randint(1, 4)):
                    assert arrived.acquire(timeout=60)
                worker.kill()
                assert worker.end() == (-signal.SIGKILL, "")
                make_due()
            app.extensions[sending.EXTENSION] = receiver.outside
            deliver()
        assert {row.state for row in deliveries()} == {"delivered"}
        got = {
            request.headers["webhook-id"]: request.body.decode() for request in receiver.requests
        }
        assert got == expected
        assert len(receiver.requests) >= len(rows)


@pytest.mark.both_databases
class TestForgetting:
    def test_removes_what_is_old_and_done(self):
        tenant = make_hooked()
        old, waiting, fresh = (queue(tenant) for _ in range(3))
        [claimed] = sending.claim_deliveries(1)
        assert claimed.id == old.id
        sending.record_result(claimed, sending.Answer(1, 200))
        assert db.session.scalars(select(DeliveryAttempt.delivery_id)).all() == [old.id]
        with write_transaction():
            long_ago = now() - sending.KEPT - timedelta(hours=1)
            of = update(Delivery)
            db.session.execute(of.where(Delivery.id != fresh.id).values(created_at=long_ago))
            done = of.where(Delivery.id.in_([old.id, fresh.id])).values(state="delivered")
            db.session.execute(done)
        assert not sending.delete_old_deliveries(Run())
        assert {row.id for row in deliveries()} == {waiting.id, fresh.id}
        assert db.session.scalars(select(DeliveryAttempt.delivery_id)).all() == []
