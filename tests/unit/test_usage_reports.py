"""Usage as metering reports it: figures of whole months that grow, thresholds, corrections."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import select

from tests.factories import an_actor, make_tenant, read_again, revise
from tests.history import assert_audited, assert_history_holds, assert_verified, count_entries
from tests.outbox import deliveries, make_hooked
from webui.core.extensions import db
from webui.core.field_types import MAX_SAFE_INTEGER
from webui.core.limits import Status
from webui.history.narrative.sentences import Reader, sentence
from webui.history.record.actions import Action, Source
from webui.models import Tenant, TenantUsage, UsageRank, UsageThreshold
from webui.models.tenant.constraints import FILTERED
from webui.models.tenant.usage import rank_from, share_used, usage_rank
from webui.outbox import Event
from webui.tenants.core import operations as tenant_operations
from webui.tenants.core.operations import Edit, update_section
from webui.tenants.core.sections import SECTIONS
from webui.usage import operations, thresholds
from webui.usage.figures import Figures, Verdict
from webui.usage.operations import store_usage

pytestmark = pytest.mark.both_databases

NOW = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
MONTH = "2026-11"
WHY = "the meter counted twice"


@pytest.fixture(autouse=True)
def in_november(monkeypatch):
    for module in (operations, thresholds):
        monkeypatch.setattr(module, "now", lambda: NOW)


def figures(tenant, calls=0, *, month=MONTH, cents=0, minutes=0, **more):
    return Figures(getattr(tenant, "id", tenant), month, cents, calls, minutes, **more)


def report(*rows, visible=None):
    """The verdicts on rows that metering sends."""
    judged = store_usage(rows, an_actor(source=Source.API), visible)
    return [one.verdict for one in judged]


def stored(tenant, month=MONTH):
    db.session.rollback()
    row = db.session.get(TenantUsage, (tenant.id, month), populate_existing=True)
    return row and (row.usage_cents, row.calls, row.minutes)


def rank(tenant):
    db.session.rollback()
    return db.session.scalar(select(UsageRank.usage_rank).where(UsageRank.tenant_id == tenant.id))


def copies(tenant):
    db.session.rollback()
    columns = UsageRank.billing_plan, UsageRank.status, UsageRank.onboarding_open
    found = db.session.execute(select(*columns).where(UsageRank.tenant_id == tenant.id)).one()
    return tuple(found)


def reached(tenant):
    db.session.rollback()
    query = select(UsageThreshold.month, UsageThreshold.threshold)
    query = query.where(UsageThreshold.tenant_id == tenant.id)
    return sorted(tuple(row) for row in db.session.execute(query))


def limit_to(tenant, limit):
    version = read_again(db.session.get_one(Tenant, tenant.id)).version
    edit = Edit({"monthly_call_limit": limit}, ["monthly_call_limit"], version, WHY)
    update_section(tenant.id, SECTIONS["billing"], edit, an_actor())


class TestReport:
    def test_is_stored_and_may_be_repeated(self, app):
        tenant = make_tenant()
        row = figures(tenant, 120, cents=391_140, minutes=7)
        assert report(row) == [Verdict.STORED]
        assert report(row) == [Verdict.UNCHANGED]
        assert report(figures(tenant, 121, cents=391_140, minutes=9)) == [Verdict.STORED]
        assert stored(tenant) == (391_140, 121, 9)
        # Facts are no settings: neither version nor history nor receiver hears of them.
        assert count_entries() == 1
        assert deliveries() == []
        assert_history_holds()
        assert_verified()

    def test_of_an_earlier_month_changes_that_month_alone(self, app):
        tenant = make_tenant(monthly_call_limit=100)
        assert report(figures(tenant, 50), figures(tenant, 100, month="2026-10")) == ["stored"] * 2
        assert stored(tenant, "2026-10") == (0, 100, 0)
        assert stored(tenant) == (0, 50, 0)
        assert rank(tenant) == rank_from(MONTH, 50)
        assert reached(tenant) == []

    def test_takes_the_largest_numbers(self, app):
        tenant = make_tenant(monthly_call_limit=1)
        largest = dict.fromkeys(("cents", "minutes"), MAX_SAFE_INTEGER)
        assert report(figures(tenant, MAX_SAFE_INTEGER, **largest)) == [Verdict.STORED]
        assert stored(tenant) == (MAX_SAFE_INTEGER,) * 3
        assert rank(tenant) == rank_from(MONTH, 10**12) < rank_from("2026-12", 0)

    def test_judges_each_row_by_what_the_rows_before_it_left(self, app):
        tenant, other = make_tenant(), make_tenant()
        rows = [
            figures(tenant, 10),
            figures(uuid4(), 10),
            figures(tenant, 9),
            figures(other, -1),
            figures(tenant, 12),
            figures(tenant, 12),
            figures(tenant, 5, correction=True, reason=WHY),
            figures(tenant, 6),
            figures(other, 1),
        ]
        assert report(*rows) == [
            *("stored", "no_tenant", "shrinks", "bad_figure", "stored", "unchanged"),
            *("corrected", "stored", "stored"),
        ]
        assert (stored(tenant)[1], stored(other)[1]) == (6, 1)
        assert_audited(
            Action.USAGE_CORRECTED, tenant, changes={"month": [None, MONTH], "calls": [12, 5]}
        )

    def test_reaches_only_what_is_visible(self, app):
        own, foreign = make_tenant(), make_tenant()
        rows = figures(foreign, 1), figures(own, 1), figures(uuid4(), 1)
        assert report(*rows, visible=own.id) == ["no_tenant", "stored", "no_tenant"]
        assert stored(foreign) is None
        # The same words for both, so that nobody learns which tenants there are.
        judged = store_usage(rows, an_actor(), own.id)
        assert judged[0] == judged[2]

    def test_of_nothing_is_nothing(self, app):
        assert report() == []

    @pytest.mark.parametrize(
        ("wrong", "verdict"),
        [
            ({"month": "2026-12"}, "bad_month"),
            ({"month": "1999-12"}, "bad_month"),
            ({"month": "2026-13"}, "bad_month"),
            ({"month": "2026-1"}, "bad_month"),
            ({"month": "٢٠٢٦-١١"}, "bad_month"),
            ({"month": "2026-11\n"}, "bad_month"),
            ({"calls": -1}, "bad_figure"),
            ({"calls": MAX_SAFE_INTEGER + 1}, "bad_figure"),
            ({"cents": True}, "bad_figure"),
            ({"minutes": 1.0}, "bad_figure"),
            ({"correction": True}, "bad_reason"),
            ({"correction": True, "reason": "no"}, "bad_reason"),
            ({"correction": True, "reason": "a\0b"}, "bad_reason"),
        ],
    )
    def test_of_something_wrong_says_so_and_stores_nothing(self, app, wrong, verdict):
        tenant = make_tenant()
        assert report(figures(tenant, **{"calls": 1, **wrong})) == [verdict]
        [judged] = store_usage([figures(tenant, **{"calls": 1, **wrong})], an_actor(), None)
        assert judged.message and not judged.accepted
        assert db.session.scalars(select(TenantUsage)).all() == []

    @pytest.mark.parametrize("less", ["calls", "cents", "minutes"])
    def test_never_lowers_a_figure(self, app, less):
        tenant = make_tenant()
        whole = {"calls": 10, "cents": 10, "minutes": 10}
        report(figures(tenant, **whole))
        assert report(figures(tenant, **{**dict.fromkeys(whole, 11), less: 9})) == ["shrinks"]
        assert stored(tenant) == (10, 10, 10)


class TestCorrection:
    def test_is_an_entry_that_changes_no_version_and_sends_no_update(self, app):
        tenant = make_hooked()
        report(figures(tenant, 100, cents=12_345, minutes=5))
        right = figures(tenant, 90, cents=12_300, minutes=5, correction=True, reason=f" {WHY} ")
        assert report(right) == [Verdict.CORRECTED]
        body = assert_audited(
            Action.USAGE_CORRECTED,
            tenant,
            reason=WHY,
            changes={"month": [None, MONTH], "usage_cents": [12_345, 12_300], "calls": [100, 90]},
        )
        assert (body["tenant"]["version"], body["source"]) == (None, "api")
        said = "".join(part.text for part in sentence(body, Reader()))
        assert said == (
            "Corrected the usage of November 2026: calls from 100 to 90;"
            " amount from 123.45 to 123.00"
        )
        assert deliveries(tenant) == []
        assert report(right) == [Verdict.UNCHANGED]
        assert count_entries() == 2
        assert_history_holds()
        assert_verified()

    def test_of_a_month_without_figures_is_a_first_report(self, app):
        tenant = make_tenant()
        assert report(figures(tenant, 5, correction=True, reason=WHY)) == [Verdict.STORED]
        assert count_entries() == 1

    def test_is_bounded_in_number(self, app, monkeypatch):
        monkeypatch.setattr("webui.usage.figures.MOST_CORRECTIONS", 2)
        tenants = [make_tenant() for _ in range(4)]
        report(*(figures(tenant, 10) for tenant in tenants))
        lower = [figures(tenant, 5, correction=True, reason=WHY) for tenant in tenants]
        more = figures(tenants[3], 11)
        assert report(*lower, more) == [
            *("corrected", "corrected", "too_many_corrections", "too_many_corrections", "stored")
        ]
        assert [stored(tenant)[1] for tenant in tenants] == [5, 5, 10, 11]

    def test_lowers_the_rank_and_leaves_the_thresholds(self, app):
        tenant = make_tenant(monthly_call_limit=100)
        report(figures(tenant, 90))
        report(figures(tenant, 10, correction=True, reason=WHY))
        assert rank(tenant) == rank_from(MONTH, 10)
        assert reached(tenant) == [(MONTH, 80)]


class TestThreshold:
    def test_is_recorded_and_sent_once_a_month(self, app, monkeypatch):
        tenant = make_hooked(monthly_call_limit=1_000)
        for calls in (799, 800, 950, 999, 1_000, 2_000):
            report(figures(tenant, calls))
        report(figures(tenant, 500, correction=True, reason=WHY), figures(tenant, 1_000))
        assert reached(tenant) == [(MONTH, 80), (MONTH, 100)]
        sent = deliveries(tenant)
        assert [one.event for one in sent] == [Event.USAGE_THRESHOLD] * 2
        bodies = [json.loads(one.body) for one in sent]
        assert [body["data"] for body in bodies] == [
            {
                "tenant_id": str(tenant.id),
                "month": MONTH,
                "threshold": t,
                "calls": c,
                "limit": 1_000,
            }
            for t, c in ((80, 800), (100, 1_000))
        ]
        assert {body["type"] for body in bodies} == {"tenant.usage_threshold"}
        for module in (operations, thresholds):
            monkeypatch.setattr(module, "now", lambda: datetime(2026, 12, 1, tzinfo=UTC))
        report(figures(tenant, 850, month="2026-12"), figures(tenant, 9_999))
        assert reached(tenant) == [(MONTH, 80), (MONTH, 100), ("2026-12", 80)]

    @pytest.mark.parametrize(
        ("limit", "calls", "expected"),
        [
            (1_000, 1_000, [80, 100]),
            (1_000, 799, []),
            (3, 2, []),
            (0, 0, []),
            # Where no call is allowed, the first one is too many.
            (0, 1, [80, 100]),
            (MAX_SAFE_INTEGER, MAX_SAFE_INTEGER, []),
        ],
    )
    def test_is_a_share_of_the_limit(self, app, limit, calls, expected):
        tenant = make_tenant(monthly_call_limit=limit)
        report(figures(tenant, calls))
        assert [threshold for _, threshold in reached(tenant)] == expected

    @pytest.mark.parametrize("status", [Status.BLOCKED, Status.INACTIVE])
    def test_of_a_closed_tenant_is_recorded_and_not_sent(self, app, status):
        tenant = make_hooked(monthly_call_limit=10, status=status)
        report(figures(tenant, 10))
        assert [threshold for _, threshold in reached(tenant)] == [80, 100]
        assert deliveries(tenant) == []

    def test_is_reached_by_a_lower_limit(self, app):
        tenant = make_hooked(monthly_call_limit=1_000)
        report(figures(tenant, 400))
        limit_to(tenant, 500)
        assert reached(tenant) == [(MONTH, 80)]
        assert rank(tenant) == rank_from(MONTH, 80)
        assert [one.event for one in deliveries(tenant)] == [Event.USAGE_THRESHOLD, Event.UPDATED]
        limit_to(tenant, MAX_SAFE_INTEGER)
        assert rank(tenant) == 0
        assert reached(tenant) == [(MONTH, 80)]
        assert_verified()

    def test_is_not_missed_by_a_report_and_a_new_limit_at_once(self, app, monkeypatch):
        """Neither reaches it alone: whoever comes second must see what the first one wrote."""
        tenant = make_tenant(monthly_call_limit=1_000)
        report(figures(tenant, 100))
        barrier, transaction = threading.Barrier(2, timeout=20), operations.write_transaction

        @contextmanager
        def together():
            barrier.wait()
            with transaction():
                yield

        for module in (operations, tenant_operations):
            monkeypatch.setattr(module, "write_transaction", together)

        def alone(work):
            with app.app_context():
                work()

        with ThreadPoolExecutor(2) as pool:
            works = (lambda: report(figures(tenant, 450))), (lambda: limit_to(tenant, 500))
            for future in [pool.submit(alone, work) for work in works]:
                future.result(30)
        assert reached(tenant) == [(MONTH, 80)]
        assert rank(tenant) == rank_from(MONTH, 90)

    def test_is_nothing_of_a_limit_without_usage(self, app):
        tenant = make_tenant()
        limit_to(tenant, 0)
        assert (reached(tenant), rank(tenant)) == ([], 0)


class TestRank:
    def test_has_a_row_that_follows_its_tenant(self, app):
        """The list by usage is narrowed by these copies; no way of writing a tenant is without."""
        tenant = make_tenant()
        assert copies(tenant) == ("starter", "active", True)
        at = datetime(2026, 11, 1, tzinfo=UTC)
        revise(tenant, Action.TENANT_BILLING, billing_plan="enterprise")
        revise(tenant, Action.TENANT_STATUS, status="suspended", blocked_services=["sip"])
        revise(tenant, Action.TENANT_ONBOARDED, onboarded_at=at)
        assert copies(tenant) == ("enterprise", "suspended", False)
        assert {"tenant_id", "usage_rank", "onboarding_open", *FILTERED} == set(
            UsageRank.__table__.columns.keys()
        )

    def test_sorts_by_month_and_share(self):
        ranks = [
            usage_rank("2026-10", 10**9, 1),
            usage_rank("2026-11", 0, 100),
            usage_rank("2026-11", 79, 100),
            usage_rank("2026-11", 80, 100),
            usage_rank("2026-11", 1, 0),
            usage_rank("2026-12", 0, 0),
            usage_rank("2027-01", 0, 10),
        ]
        assert sorted(set(ranks)) == ranks
        assert usage_rank("2026-11", 5, MAX_SAFE_INTEGER) == 0

    def test_share_is_rounded_down(self):
        assert [share_used(calls, 1_000) for calls in (0, 9, 799, 1_000)] == [0, 0, 79, 100]
