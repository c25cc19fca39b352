"""What a tenant used this month, against its limit."""

import dataclasses
import re
from datetime import UTC, datetime

import pytest

from tests.factories import an_actor, make_tenant
from tests.web import dom
from tests.web.pages import tenant_url
from webui.core.extensions import db, write_transaction
from webui.core.field_types import MAX_SAFE_INTEGER
from webui.models import TenantUsage
from webui.models.columns import now
from webui.models.tenant.usage import month_of
from webui.tenants.page import overview
from webui.tenants.page.usage_chart import draw, short
from webui.usage.figures import Figures
from webui.usage.operations import store_usage

STATES = [
    ("active", []),
    ("suspended", ["sip"]),
    ("suspended", ["calls"]),
    ("suspended", ["agents", "analytics", "calls", "recordings", "sip"]),
    ("blocked", []),
    ("inactive", []),
]


def used(tenant, cents=0, calls=0, minutes=0, month=None):
    """What metering writes."""
    with write_transaction():
        values = {"usage_cents": cents, "calls": calls, "minutes": minutes}
        month = month or month_of(now())
        db.session.add(TenantUsage(tenant_id=tenant.id, month=month, **values))


class TestUsage:
    def test_is_this_months_against_the_limit(self, admin, tenant):
        used(tenant, cents=391_140, calls=850, minutes=12_345)
        used(tenant, cents=999_999, calls=99_999, minutes=99_999, month="2020-02")
        words = admin.get(tenant_url(tenant)).words_of("tenant-now")
        assert f"{now():%B} so far" in words
        for part in ("850 of 1,000 calls", "85%", "$3,911.40", "12,345 minutes"):
            assert part in words
        assert "99,999" not in words
        other = make_tenant()
        used(other, minutes=1)
        assert re.search(r"· 1 minute\b", admin.get(tenant_url(other)).words_of("tenant-now"))

    @pytest.mark.parametrize(
        ("calls", "limit", "bar"),
        [
            (799, 1_000, ("799", "1000", set())),
            (800, 1_000, ("800", "1000", {"high"})),
            (999, 1_000, ("999", "1000", {"high"})),
            (1_000, 1_000, ("1000", "1000", {"full"})),
            (1_500, 1_000, ("1000", "1000", {"full"})),
            (0, 0, ("1", "1", {"full"})),
            (1, 0, ("1", "1", {"full"})),
        ],
    )
    def test_is_a_bar_that_stands_out_near_the_limit_and_more_at_it(self, admin, calls, limit, bar):
        tenant = make_tenant(monthly_call_limit=limit)
        used(tenant, calls=calls)
        for path in (tenant_url(tenant), "/tenants"):
            page = admin.get(path)
            [meter] = dom.elements(page.tree, "progress")
            tone = set(meter.get("class").split()) - {"progress", "meter"}
            assert (meter.get("value"), meter.get("max"), tone) == bar, path
            # The colour is not the only sign; of a limit of 0 "none allowed" speaks.
            reached = "Limit reached" if path == "/tenants" else "The limit is reached."
            assert (reached in page.words) is (0 < limit <= calls), path

    def test_is_no_bar_without_a_cap(self, admin):
        tenant = make_tenant(monthly_call_limit=MAX_SAFE_INTEGER)
        used(tenant, calls=2**53)
        for path in (tenant_url(tenant), "/tenants"):
            page = admin.get(path)
            assert dom.elements(page.tree, "progress") == []
            assert "9,007,199,254,740,992 calls, no cap" in page.words
            assert "imit reached" not in page.words

    def test_is_not_projected_while_calls_are_stopped(self, admin, monkeypatch):
        moment = datetime(2026, 11, 16, tzinfo=UTC)
        monkeypatch.setattr(overview, "now", lambda: moment)
        for status, stopped in STATES:
            tenant = make_tenant(status=status, blocked_services=stopped, monthly_call_limit=150)
            used(tenant, calls=100, month=month_of(moment))
            words = admin.get(tenant_url(tenant)).words_of("tenant-now")
            runs = status == "active" or stopped == ["sip"]
            assert ("about 200 by month's end" in words) is runs, (status, stopped)
            assert ("At this pace" in words) is runs, (status, stopped)

    def test_is_not_projected_beyond_a_limit_that_is_reached(self, admin, monkeypatch):
        moment = datetime(2026, 11, 16, tzinfo=UTC)
        monkeypatch.setattr(overview, "now", lambda: moment)
        for limit, said in ((100, "The limit is reached."), (0, "100 calls, none allowed")):
            tenant = make_tenant(monthly_call_limit=limit)
            used(tenant, calls=100, month=month_of(moment))
            words = admin.get(tenant_url(tenant)).words_of("tenant-now")
            assert said in words
            assert "by month's end" not in words

    def test_is_exact_up_to_the_largest_numbers(self, admin, tenant):
        used(tenant, **dict.fromkeys(("cents", "calls", "minutes"), 2**63 - 1))
        words = admin.get(tenant_url(tenant)).words_of("tenant-now")
        assert "$92,233,720,368,547,758.07" in words
        assert "9,223,372,036,854,775,807 of 1,000 calls" in words

    def test_is_nothing_before_the_first_call(self, admin, tenant):
        words = admin.get(tenant_url(tenant)).words_of("tenant-now")
        assert "0 of 1,000 calls" in words
        assert "$0.00 · 0 minutes" in words

    def test_is_in_the_configured_currency(self, app, admin, tenant, config):
        used(tenant, cents=123_456_789)
        for currency, text in (("EUR", "€1,234,567.89"), ("CHF", "CHF 1,234,567.89")):
            settings = dataclasses.replace(config, currency=currency)
            app.extensions["webui_config"] = settings
            assert text in admin.get(tenant_url(tenant)).words_of("tenant-now")

    @pytest.mark.parametrize(
        ("limit", "calls", "said"),
        [
            (10, 10, "10 of 10 calls"),
            (10, 25, "25 of 10 calls"),
            (0, 0, "0 calls, none allowed"),
            (0, 3, "3 calls, none allowed"),
        ],
    )
    def test_at_the_limit_and_beyond_is_said(self, admin, limit, calls, said):
        tenant = make_tenant(monthly_call_limit=limit)
        used(tenant, calls=calls)
        words = admin.get(tenant_url(tenant)).words_of("tenant-now")
        assert said in words
        assert ("The limit is reached." in words) == (limit > 0)

    @pytest.mark.parametrize(
        ("at", "expected"),
        [
            # A projection from the first hours of a month would be noise.
            ("2026-11-01T23:59", None),
            ("2026-11-02T00:00", 3_000),
            ("2026-11-16T00:00", 200),
            ("2026-11-30T23:59", None),
            # The days are those of the month, and the month is UTC's.
            ("2028-02-15T12:00", 200),
            ("2026-12-31T23:30-01:00", None),
        ],
    )
    def test_is_projected_to_the_end_of_the_month(self, admin, monkeypatch, at, expected):
        tenant = make_tenant(monthly_call_limit=150)
        moment = datetime.fromisoformat(at)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        used(tenant, calls=100, month=month_of(moment))
        monkeypatch.setattr(overview, "now", lambda: moment)
        words = admin.get(tenant_url(tenant)).words_of("tenant-now")
        assert "100 of 150 calls" in words
        assert ("At this pace the limit is reached" in words) is (expected is not None)
        found = re.findall(r"about ([\d,]+) by month's end", words)
        assert found == ([f"{expected:,}"] if expected else [])


class TestMonths:
    """Twelve months as a chart, with a table behind it."""

    @pytest.fixture
    def november(self, monkeypatch):
        monkeypatch.setattr(overview, "now", lambda: datetime(2026, 11, 16, tzinfo=UTC))

    def test_are_a_named_drawing_and_a_table(self, sign_in, admin, tenant, november):
        for month, calls in (("2025-11", 9), ("2025-12", 1), ("2026-03", 800), ("2026-11", 400)):
            used(tenant, cents=calls * 10, calls=calls, minutes=calls * 2, month=month)
        for reader in (admin, sign_in("owner", tenant)):
            page = reader.get(tenant_url(tenant))
            [chart] = dom.elements(page.tree, "svg")
            assert (chart.get("role"), chart.get("aria-label")) == (
                "img",
                "Calls a month since December 2025: 400 in November so far,"
                " the most in March 2026 with 800.",
            )
            # Hidden to nobody: what is drawn is said by the name and by the table.
            assert dom.elements(page.tree, "title")[0].getparent().tag == "head"
            [table] = dom.elements(page.tree, "table", class_="table-sm")
            rows = [[dom.words(cell) for cell in row] for row in table.find("tbody")]
            assert len(rows) == 12
            assert rows[0] == ["Nov 2026", "400", "800", "$40.00"]
            assert rows[7:9] == [
                ["Apr 2026", "0", "0", "$0.00"],
                ["Mar 2026", "800", "1,600", "$80.00"],
            ]
            assert rows[-1] == ["Dec 2025", "1", "2", "$0.10"]
            assert "600 left" in page.words_of("tenant-now")

    def test_without_calls_are_not_drawn(self, admin, tenant, november):
        used(tenant, calls=9, month="2025-11")
        page = admin.get(tenant_url(tenant))
        assert dom.elements(page.tree, "svg") == []
        assert "Usage by month" not in page.words

    def test_cost_no_statement_more(self, admin, tenant, queries):
        used(tenant, calls=1)
        admin.get(tenant_url(tenant))
        with queries() as seen:
            admin.get(tenant_url(tenant))
        assert len([sql for sql in seen if "tenant_usage" in sql]) == 1


class TestNotice:
    @pytest.mark.parametrize(
        ("calls", "said"),
        [
            (79, ""),
            (80, "80% of the limit is reached. At this pace"),
            (100, "The limit is reached."),
        ],
    )
    def test_is_said_from_80_percent_on(self, admin, monkeypatch, calls, said):
        monkeypatch.setattr(overview, "now", lambda: datetime(2026, 11, 16, tzinfo=UTC))
        tenant = make_tenant(monthly_call_limit=100)
        used(tenant, calls=calls, month="2026-11")
        words = admin.get(tenant_url(tenant)).words_of("tenant-now")
        assert said in words
        assert ("is reached." in words) == bool(said)


class TestCorrection:
    def test_is_read_by_the_owner_without_the_reason(self, sign_in, owner, tenant):
        support = sign_in("support")
        month, why = month_of(now()), "the meter counted twice"
        for calls, more in ((100, {}), (90, {"correction": True, "reason": why})):
            [judged] = store_usage(
                [Figures(tenant.id, month, 0, calls, 0, **more)], an_actor(support.user), None
            )
            assert judged.accepted
        said = f"Corrected the usage of {now():%B %Y}: calls from 100 to 90"
        page = owner.get(tenant_url(tenant))
        assert said in page.words_of("history")
        assert "Support team" in page.words_of("history")
        assert why not in page.text
        assert "90 of 1,000 calls" in page.words
        staff = support.get(f"/audit?action=tenant.usage.corrected&tenant={tenant.id}")
        assert f"Northwind: c{said[1:]} {why}" in staff.words


class TestLimitField:
    def test_says_what_is_used_and_warns_below_it(self, admin, tenant):
        url = f"{tenant_url(tenant)}/billing"
        assert "used this month" not in admin.get(f"{url}/edit").words
        used(tenant, calls=850)
        page = admin.get(f"{url}/edit")
        field = page.by_id("billing-monthly_call_limit")
        [hint] = field.get("aria-describedby").split()
        assert dom.words(page.by_id(hint)).endswith("850 calls used this month.")
        below = page.by_id("billing-monthly_call_limit-below")
        assert (below.get("data-used"), below.get("aria-live")) == ("850", "polite")
        assert below[0].get("hidden") is not None
        # Without JavaScript the warning comes with what else is wrong.
        for typed, warned in (("849", True), ("850", False), ("84x", False)):
            form = {**dom.fields(page.by_id("section-billing")), "monthly_call_limit": typed}
            again = admin.post(url, {**form, "reason": ""}, 422)
            [warning] = again.by_id("billing-monthly_call_limit-below")
            assert (warning.get("hidden") is None) is warned, typed


class TestShortNumbers:
    @pytest.mark.parametrize(
        ("number", "words"),
        [(7, "7"), (999, "999"), (1_000, "1k"), (1_250, "1.2k"), (41_208, "41k"), (2**53, "9.0P")],
    )
    def test_are_rounded_down(self, number, words):
        assert short(number) == words.replace(".0", "")

    def test_bars_are_in_proportion(self):
        chart = draw([0, 50, 100], 200, 150)
        assert [bar.height for bar in chart.bars] == [0, 21, 42]
        assert (chart.projected.height, chart.limit) == (84, 37)
        assert chart.highest == 2
        # A limit far above the calls would make every bar flat.
        assert draw([0, 50], 50, 1_000).limit is None
        assert draw([0, 50], 50, MAX_SAFE_INTEGER).limit is None
        assert draw([0, 0], 0, 10) is None
