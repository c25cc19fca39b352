"""A row of the list: what it says of a tenant, what runs, and an empty list."""

import re
from datetime import timedelta

import pytest

from tests.factories import make_tenant, make_user, revise
from tests.web import dom
from tests.web.pages import PASSWORD, Browser, tenant_url
from tests.web.tenant_list import named, names, rows
from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action
from webui.models import TenantUsage
from webui.models.columns import now
from webui.models.tenant.usage import month_of


@pytest.fixture
def support(sign_in):
    return sign_in("support")


WITH_SIP = {
    **{"sip_enabled": True, "sip_domain": "sip.example", "sip_username": "trunk"},
    **{"sip_password": "hunter2hunter2", "hipaa_enabled": True},
}


EVERYTHING = ["agents", "analytics", "calls", "recordings", "sip"]


RUNNING = {
    ("active", ()): (None, "SIP · Recording · Analytics · HIPAA", "On", "On"),
    ("suspended", ("calls", "sip")): (
        *("calls, SIP", "Recording · Analytics · HIPAA"),
        *("On · stopped now (suspended)", "On"),
    ),
    ("suspended", ("calls",)): (
        *("calls", "SIP · Recording · Analytics · HIPAA"),
        *("On · calls stopped now (suspended)", "On"),
    ),
    ("suspended", ("analytics", "recordings")): (
        *("analytics, recordings", "SIP · HIPAA"),
        *("On", "On · stopped now (suspended)"),
    ),
    ("suspended", tuple(EVERYTHING)): (
        *("all services", "HIPAA"),
        *("On · stopped now (suspended)", "On · stopped now (suspended)"),
    ),
    ("blocked", ()): (
        *("all services", "HIPAA"),
        *("On · stopped now (blocked)", "On · stopped now (blocked)"),
    ),
    ("inactive", ()): (
        *("all services", "HIPAA"),
        *("On · stopped now (inactive)", "On · stopped now (inactive)"),
    ),
}


class TestWhatRuns:
    """The list and the cards say what runs, not only what is switched on."""

    @pytest.mark.parametrize("case", RUNNING)
    def test_is_said_by_the_row_and_by_the_cards(self, support, case):
        (status, blocked), (stopped, on, sip, recording) = case, RUNNING[case]
        tenant = make_tenant(status=status, blocked_services=list(blocked), **WITH_SIP)
        cells = rows(support.get("/tenants"))[f"{tenant.name} Onboarding: not started"]
        label = status.capitalize()
        assert cells[0] == (f"{label} Stopped: {stopped}" if stopped else label)
        assert cells[2] == on
        page = support.get(tenant_url(tenant))
        assert page.fact("SIP calling", "sip") == sip
        assert page.fact("Record calls", "features") == recording

    def test_of_what_is_off_is_that_it_is_off(self, support):
        off = {"recording_enabled": False, "analytics_enabled": False}
        tenant = make_tenant(status="blocked", **off)
        page = support.get(tenant_url(tenant))
        assert page.fact("SIP calling", "sip") == "Off"
        assert page.fact("Record calls", "features") == "Off"
        assert rows(support.get("/tenants")).popitem()[1][2] == ""


class TestEmptyList:
    def test_says_what_to_do_first(self, support):
        page = support.get("/tenants")
        assert "No tenants yet" in page.words
        assert [a.get("href") for a in dom.elements(page.tree, "a", class_="btn-primary")] == [
            "/tenants/new"
        ]

    @pytest.mark.parametrize("environment", ["production", "development"])
    @pytest.mark.parametrize("role", ["support", "auditor"])
    def test_speaks_of_demo_data_only_to_who_develops(self, make_app, environment, role):
        app = make_app(environment=environment, require_mfa="none")
        browser = Browser(app.test_client(), set())
        browser.client.environ_base["wsgi.url_scheme"] = "https"
        browser.sign_in(make_user(role, password=PASSWORD).username)
        page = browser.get("/tenants")
        create = "Create the first one" if role == "support" else "Support or an admin can create"
        assert create in page.words
        assert ("demo" in page.words) is (role == "support" and environment == "development")
        assert "Customers can set up their own at /signup." in page.words

    @pytest.mark.parametrize("query", ["status=active", "plan=starter", "onboarding=open"])
    def test_may_be_narrowed(self, support, query):
        assert names(support.get(f"/tenants?{query}")) == []

    def test_offers_all_tenants_to_who_searched(self, support, tenant):
        page = support.get("/tenants?q=nothing+like+it")
        assert "No tenants match" in page.words
        assert "0 tenants" not in page.words
        [link] = [a for a in dom.elements(page.tree, "a") if dom.words(a) == "Show all tenants"]
        assert link.get("href") == "/tenants"

    def test_offers_no_new_tenant_to_an_auditor(self, sign_in):
        assert "New tenant" not in sign_in("auditor").get("/tenants").words


class TestRow:
    def test_says_what_matters(self, support):
        tenant = make_tenant(
            name="Full House",
            billing_plan="enterprise",
            monthly_call_limit=12_000,
            sip_enabled=True,
            sip_domain="sip.example.com",
            sip_username="u",
            sip_password="long enough",
            analytics_enabled=False,
            hipaa_enabled=True,
            onboarded_at=now(),
        )
        with write_transaction():
            for month, calls in ((month_of(now()), 3_456), ("2020-01", 999)):
                db.session.add(TenantUsage(tenant_id=tenant.id, month=month, calls=calls))
        make_tenant(name="Quiet", recording_enabled=False, analytics_enabled=False)
        page = support.get("/tenants")
        assert rows(page) == {
            "Full House": [
                *(
                    "Active",
                    "Enterprise",
                    "SIP · Recording · HIPAA",
                    "3,456 of 12,000 calls",
                    "just now",
                )
            ],
            "Quiet Onboarding: not started": [
                "Active",
                "Starter",
                "",
                "0 of 1,000 calls",
                "just now",
            ],
        }
        [link] = [a for a in dom.elements(page.tree, "a") if dom.words(a) == "Full House"]
        assert link.get("href") == tenant_url(tenant)

    def test_tells_the_last_change(self, support):
        tenant = make_tenant(created_at=now() - timedelta(days=400))
        assert "just now" not in support.get("/tenants").words
        revise(tenant, Action.TENANT_BILLING, monthly_call_limit=5)
        assert "just now" in support.get("/tenants").words

    def test_shows_no_markup_of_a_name(self, support):
        evil = "<script>alert(1)</script> & <b>'\"</b> {{ 7 * 7 }}"
        named(evil)
        assert names(support.get("/tenants")) == [evil]

    def test_keeps_the_name_of_a_plan_that_left_the_catalogue(self, support):
        make_tenant(name="Old", billing_plan="legacy-2019", onboarded_at=now())
        assert rows(support.get("/tenants"))["Old"][1] == "legacy-2019"


@pytest.mark.both_databases
class TestCost:
    def test_does_not_grow_with_the_rows(self, support, queries):
        asked = []
        for count in (2, 30):
            named(*(f"Clinic {n}" for n in range(count)))
            with queries() as seen:
                support.get("/tenants?q=clinic&status=active&sort=-updated")
            asked.append([re.sub(r"\s+", " ", s)[:40] for s in seen])
        assert asked[0] == asked[1]
        assert len(asked[0]) <= 8
