"""Hostile receivers starve nobody: every tenant has its turn, and slow ones few places.

Nothing waits here: what is in flight are leases, and what passes is the clock of the leases.
"""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import event, func, literal, null, update

from tests.factories import revise
from tests.outbox import deliveries, make_hooked, queue
from tests.plans import enlarge, plan_of
from tests.receivers import OK, Authority, receiving
from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action
from webui.jobs import Run
from webui.models import Delivery
from webui.models.columns import now
from webui.outbox import Event
from webui.webhooks.delivery import sending, turns
from webui.webhooks.delivery.client import Answer, Problem

pytestmark = pytest.mark.usefixtures("app")
TIMED_OUT = Answer(60_000, problem=Problem.TIMED_OUT)
QUICK = Answer(20, 200)
ALL = turns.MOST
FIRST_STEP = "SCAN webhook_deliveries USING INDEX ix_webhook_deliveries_lane"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


def hostile(number):
    """Tenants whose owners queue events and tests, and whose receivers never answer."""
    tenants = [make_hooked() for _ in range(number)]
    for tenant in tenants:
        for _ in range(2):
            queue(tenant, Event.TEST)
            queue(tenant)
    return tenants


def pass_time(span=turns.SLOW_AFTER):
    """Lets so much time pass for the deliveries that are in flight."""
    with write_transaction():
        for row in db.session.query(Delivery).filter(Delivery.lease.is_not(None)):
            row.leased_at -= span


def due_again():
    with write_transaction():
        waiting = update(Delivery).where(Delivery.state == "queued", Delivery.lease.is_(None))
        db.session.execute(waiting.values(due_at=now()))


def tenants_of(claimed):
    return [one.tenant_id for one in claimed]


def known_as_slow(number):
    """Tenants whose receivers timed out before, with more to be sent to them."""
    tenants = hostile(number)
    for _ in range(number):
        for claimed in sending.claim_deliveries(ALL):
            sending.record_result(claimed, TIMED_OUT)
    due_again()
    for tenant in tenants:
        queue(tenant)
        queue(tenant, Event.TEST)
    return tenants


class TestTenant:
    def test_has_one_event_and_one_delivery_by_hand_in_flight(self):
        [tenant] = hostile(1)
        assert tenants_of(sending.claim_deliveries(ALL)) == [tenant.id] * 2
        pass_time()
        assert sending.claim_deliveries(ALL) == []
        flying = [row for row in deliveries() if row.lease]
        assert sorted(row.manual for row in flying) == [False, True]

    def test_gets_its_events_in_their_order(self):
        tenant = make_hooked()
        queued = [queue(tenant).id for _ in range(4)]
        sent = []
        for _ in queued:
            [claimed] = sending.claim_deliveries(ALL)
            sent.append(claimed.id)
            sending.record_result(claimed, QUICK)
        assert sent == queued

    def test_that_was_served_longest_ago_comes_first(self):
        tenants = [make_hooked() for _ in range(3)]
        for tenant in tenants * 3:
            queue(tenant)
        served = []
        for _ in range(9):
            [claimed] = sending.claim_deliveries(1)
            served.append(claimed.tenant_id)
            sending.record_result(claimed, QUICK)
        assert served[:3] == [tenant.id for tenant in tenants]
        assert served == served[:3] * 3

    def test_with_much_to_send_does_not_come_before_one_with_little(self):
        busy = make_hooked()
        for _ in range(30):
            queue(busy)
        quiet = make_hooked()
        queue(quiet)
        order = []
        for _ in range(2):
            [claimed] = sending.claim_deliveries(1)
            order.append(claimed.tenant_id)
            sending.record_result(claimed, QUICK)
        assert order == [busy.id, quiet.id]


class TestStarvation:
    def test_by_four_owners_with_receivers_that_never_answer_is_none(self):
        hostile(4)
        assert len(sending.claim_deliveries(ALL)) == 8
        victims = [make_hooked() for _ in range(5)]
        for victim in victims:
            queue(victim)
        assert tenants_of(sending.claim_deliveries(ALL)) == [victim.id for victim in victims]

    def test_by_more_owners_than_slots_ends_with_what_is_slow(self):
        hostile(turns.SLOTS + 4)
        assert len(sending.claim_deliveries(ALL)) == turns.SLOTS
        victim = make_hooked()
        queue(victim)
        assert sending.claim_deliveries(ALL) == []
        # Not when they time out: as soon as they are slow, which is less than five seconds.
        assert timedelta(seconds=5) / 2 > turns.SLOW_AFTER
        pass_time()
        sending.claim_deliveries(ALL)
        pass_time()
        claimed = tenants_of(sending.claim_deliveries(ALL))
        first = [row.tenant_id for row in deliveries() if row.lease]
        assert victim.id in claimed + first

    def test_by_receivers_that_are_known_as_slow_leaves_slots(self):
        slow = known_as_slow(turns.SLOTS + 4)
        begun = sending.claim_deliveries(ALL)
        assert len(begun) == turns.SLOW_SLOTS
        assert set(tenants_of(begun)) <= {tenant.id for tenant in slow}
        victims = [make_hooked() for _ in range(turns.SLOTS - turns.SLOW_SLOTS)]
        for victim in victims:
            queue(victim)
        assert tenants_of(sending.claim_deliveries(ALL)) == [victim.id for victim in victims]
        pass_time()
        assert sending.claim_deliveries(ALL) == []

    def test_by_tests_is_none(self):
        testers = [make_hooked() for _ in range(turns.SLOTS)]
        for tester in testers:
            queue(tester, Event.TEST)
        victim = make_hooked()
        queue(victim)
        claimed = sending.claim_deliveries(ALL)
        assert len(claimed) == turns.MANUAL_SLOTS + 1
        assert victim.id in tenants_of(claimed)

    def test_of_tests_by_tests_is_none(self):
        hostile(turns.MANUAL_SLOTS)
        sending.claim_deliveries(ALL)
        tester = make_hooked()
        queue(tester, Event.TEST)
        assert sending.claim_deliveries(ALL) == []
        pass_time()
        assert tenants_of(sending.claim_deliveries(ALL)) == [tester.id]


class TestAttack:
    @pytest.mark.both_databases
    def test_of_four_owners_whose_receivers_hang_delays_no_victim(self, app, authority):
        """Their receivers answer only after the victims' events arrived: else this never ends."""
        attackers = hostile(4)
        victims = [make_hooked() for _ in range(3)]
        for attacker in attackers:
            revise(attacker, Action.TENANT_WEBHOOK, webhook_url="https://slow.example.com/")
        for victim in victims:
            queue(victim)
        all_arrived = threading.Event()
        arrived = threading.Barrier(len(victims), all_arrived.set)

        def victim_answers(connection):
            arrived.wait(timeout=60)
            connection.sendall(OK)

        def wait_for_victims(connection):
            if all_arrived.wait(timeout=60):
                connection.sendall(OK)

        slow_server = authority.server("slow.example.com")
        with (
            receiving(authority, victim_answers) as quick,
            receiving(authority, wait_for_victims, slow_server) as slow,
        ):
            app.extensions[sending.EXTENSION] = two_receivers(slow, quick, authority)
            sending.deliver(Run())
        assert {row.state for row in deliveries()} == {"delivered"}
        assert len(quick.requests) == len(victims)


def two_receivers(slow, quick, authority):
    """The world in which slow.example.com is the one receiver and every other name the other."""
    slow_address = "127.0.0.7"
    return sending.Transport(
        allow=slow.outside.allow,
        resolver=lambda host: [slow_address if host == "slow.example.com" else "127.0.0.8"],
        connector=lambda address, port, seconds: (
            slow if str(address) == slow_address else quick
        ).outside.connector(address, port, seconds),
        trust=authority.trust,
    )


class TestBounds:
    def test_hold_for_several_workers_together(self):
        for _ in range(turns.SLOTS + 4):
            queue(make_hooked())
        assert (
            len(
                sending.claim_deliveries(10)
                + sending.claim_deliveries(10)
                + sending.claim_deliveries(10)
            )
            == turns.SLOTS
        )

    def test_of_all_that_is_in_flight_hold(self):
        for _ in range(turns.MOST + turns.SLOTS):
            queue(make_hooked())
        begun = 0
        for _ in range(turns.MOST // turns.SLOTS + 2):
            begun += len(sending.claim_deliveries(ALL))
            pass_time()
        assert begun == turns.MOST

    def test_count_no_lease_that_ran_out(self):
        tenants = hostile(turns.SLOTS)
        sending.claim_deliveries(ALL)
        with write_transaction():
            over = now() - timedelta(seconds=1)
            leased = update(Delivery).where(Delivery.lease.is_not(None))
            db.session.execute(leased.values(leased_until=over))
        assert len(sending.claim_deliveries(ALL)) == turns.SLOTS
        assert len(tenants) == turns.SLOTS

    def test_a_receiver_counts_as_slow_for_a_while(self):
        [tenant] = known_as_slow(1)
        at = now()
        [one] = [r for r in _turns() if r.tenant_id == tenant.id]
        assert at < one.slow_until <= at + turns.SLOW_FOR
        with write_transaction():
            db.session.get_one(type(one), tenant.id).slow_until = at
        assert {lane.slow for lane in _lanes()} == {False}


def _turns():
    db.session.expire_all()
    return db.session.query(turns.WebhookTurn).all()


def _lanes():
    return turns._waiting([], turns.Capacity(9, 9, 9), now())


def test_what_waits_is_found_along_an_index():
    """Of each tenant a step or two, however much it has queued; of the rest nothing."""
    seen = []

    def note(_connection, _cursor, sql, values, *_more):
        seen.append((sql, values))

    hostile(2)
    enlarge(Delivery.__table__, id=func.gen_random_uuid(), state=literal("delivered"), lease=null())
    connection = db.session.connection()
    event.listen(connection, "before_cursor_execute", note)
    turns.choose(ALL, now())
    event.remove(connection, "before_cursor_execute", note)
    plans = [plan_of(sql, values) for sql, values in seen]
    assert len(plans) == 5
    for number, plan in enumerate(plans):
        assert ("ix_webhook_deliveries_lane" if number else "ix_webhook_deliveries_leased") in plan
        assert "Seq Scan on webhook_deliveries" not in plan
        assert plan.count("SCAN webhook_deliveries") == plan.count(FIRST_STEP)
