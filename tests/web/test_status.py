"""The status of a tenant, and which services are stopped."""

import pytest

from tests import raw
from tests.factories import make_tenant
from tests.history import assert_audited, assert_history_holds, last_body
from tests.web import dom
from tests.web.pages import REASON, edit_url, tenant_url
from tests.web.saved import bodies, fresh
from webui.history.record.actions import Action

SERVICES = ["agents", "analytics", "calls", "recordings", "sip"]


@pytest.fixture
def support(sign_in):
    return sign_in("support")


def change(browser, tenant, expected=303, /, **changes):
    """Sends the form of the status."""
    return browser.post_form(edit_url(tenant, "status"), expected, **{"reason": REASON, **changes})


class TestForm:
    def test_names_the_tenant_and_what_will_stop(self, support, tenant):
        page = support.get(edit_url(tenant, "status"))
        form = page.form()
        assert form.get("action") == edit_url(tenant, "status")
        assert "Northwind" in dom.words(dom.elements(page.tree, "h1")[0])
        words = dom.words(form)
        stops = "Stops agents, analytics, calls, recordings, SIP for Northwind."
        assert words.count(stops) == 2
        assert "Services to stop for Northwind" in words
        radios = dom.elements(form, "input", type="radio", name="status")
        assert {r.get("value") for r in radios} == {"active", "suspended", "inactive", "blocked"}
        boxes = dom.elements(form, "input", type="checkbox", name="blocked_services")
        assert [b.get("value") for b in boxes] == SERVICES

    def test_holds_what_is_stored(self, support):
        tenant = make_tenant(status="suspended", blocked_services=["calls", "sip"])
        fields = support.get(edit_url(tenant, "status")).fields
        assert fields["status"] == ["suspended"]
        assert fields["blocked_services"] == ["calls", "sip"]
        assert fields["version"] == ["1"]


class TestChange:
    @pytest.mark.parametrize(
        ("status", "services", "stored", "told"),
        [
            ("suspended", ["sip", "calls"], ["calls", "sip"], "Suspended calls and SIP"),
            (
                "suspended",
                SERVICES,
                SERVICES,
                "Suspended agents, analytics, calls, recordings and SIP",
            ),
            ("inactive", [], [], "Closed the tenant (inactive), was"),
            ("blocked", [], [], "Blocked the tenant, was"),
            ("blocked", ["calls"], [], "Blocked the tenant, was"),
            ("inactive", SERVICES, [], "Closed the tenant (inactive), was"),
        ],
    )
    def test_is_saved_and_told(self, support, tenant, status, services, stored, told):
        answer = change(support, tenant, status=status, blocked_services=services)
        assert answer.location == tenant_url(tenant)
        saved = fresh(tenant)
        assert (saved.status, saved.blocked_services, saved.version) == (status, stored, 2)
        changes = {"status": ["active", status]}
        if stored:
            changes["blocked_services"] = [[], stored]
        assert_audited(Action.TENANT_STATUS, tenant, changes=changes, reason=REASON, source="ui")
        page = support.get(tenant_url(tenant))
        said = page.words_of("main")
        assert f"Saved: {told[0].lower()}{told[1:]}" in said
        assert "Undo what was just saved" in said
        assert told in dom.words(page.history[0])
        assert_history_holds()

    def test_by_htmx_loads_the_page_again(self, support, tenant):
        form = support.get(edit_url(tenant, "status"), htmx=True)
        answer = support.submit(form, 200, htmx=True, status="blocked", reason=REASON)
        assert answer.headers["HX-Redirect"] == tenant_url(tenant)
        assert fresh(tenant).status == "blocked"

    def test_of_services_alone_keeps_the_status(self, support):
        tenant = make_tenant(status="suspended", blocked_services=["calls", "sip"])
        change(support, tenant, blocked_services=["agents", "calls"])
        assert last_body()["changes"] == {
            "blocked_services": [["calls", "sip"], ["agents", "calls"]]
        }
        history = support.get(tenant_url(tenant)).words_of("history")
        assert "Stopped agents; resumed SIP" in history

    def test_back_to_active_resumes_everything(self, support):
        tenant = make_tenant(status="suspended", blocked_services=["calls", "sip"])
        change(support, tenant, status="active", blocked_services=[])
        saved = fresh(tenant)
        assert (saved.status, saved.blocked_services) == ("active", [])
        words = support.get(tenant_url(tenant)).words
        assert "Nothing is stopped" in words
        assert "Activated the tenant, was suspended" in words

    def test_back_to_active_works_with_the_boxes_as_they_stood(self, support):
        tenant = make_tenant(status="suspended", blocked_services=["calls"])
        change(support, tenant, status="active")
        assert fresh(tenant).status == "active"

    def test_to_the_same_writes_nothing(self, support, tenant):
        suspended = make_tenant(status="suspended", blocked_services=["calls"])
        for row in (tenant, suspended):
            with raw.unchanged():
                change(support, row)
            assert "Nothing changed" in support.get(tenant_url(row)).words

    def test_sent_twice_is_saved_once(self, support, tenant):
        form = support.get(edit_url(tenant, "status"))
        for _ in range(2):
            support.submit(form, 303, status="blocked", reason=REASON)
        assert len(bodies(tenant)) == 2

    def test_goes_through_every_status(self, support, tenant):
        for status in ("inactive", "blocked", "active", "blocked", "inactive", "active"):
            change(support, tenant, status=status)
            assert fresh(tenant).status == status
        change(support, tenant, status="suspended", blocked_services=["sip"])
        change(support, tenant, status="inactive")
        assert fresh(tenant).blocked_services == []
        assert_history_holds()


class TestBadInput:
    @pytest.mark.parametrize("htmx", [False, True])
    def test_is_refused_beside_the_field(self, support, tenant, htmx):
        form = support.get(edit_url(tenant, "status"), htmx=htmx)
        before = raw.everything()
        for changes, wrong in (
            ({"status": "suspended"}, "blocked_services"),
            ({"status": "suspended", "blocked_services": ["calls", "fax"]}, "blocked_services"),
            ({"status": "suspended", "blocked_services": ["Calls"]}, "blocked_services"),
            ({"status": "suspended", "blocked_services": [""]}, "blocked_services"),
            ({"status": "active", "blocked_services": ["calls"]}, "blocked_services"),
            ({"status": "closed"}, "status"),
            ({"status": ""}, "status"),
            ({"status": None}, "status"),
            ({"status": ["blocked", "blocked"]}, "status"),
            ({"status": "blocked", "reason": ""}, "reason"),
            ({"status": "blocked", "reason": "ab"}, "reason"),
            ({"status": "blocked", "reason": "x" * 201}, "reason"),
            ({"status": "blocked", "reason": None}, "reason"),
            ({"status": "blocked", "reason": ["why", "why"]}, "reason"),
        ):
            answer = support.submit(form, 422, htmx=htmx, **{"reason": "kept words", **changes})
            assert list(answer.errors) == [wrong], changes
            assert answer.errors[wrong]
            assert "valid choice" not in answer.errors[wrong]
            if wrong != "reason":
                assert answer.field("reason") == "kept words"
            elif changes["reason"] in ("ab", "x" * 201):
                assert answer.field("reason") == changes["reason"]
            if changes.get("status") in ("suspended", "active", "blocked"):
                assert answer.fields["status"] == [changes["status"]]
        assert raw.everything() == before

    def test_of_services_keeps_the_known_ones_ticked(self, support, tenant):
        answer = change(
            support, tenant, 422, status="suspended", blocked_services=["calls", "sip"], reason=""
        )
        assert answer.fields["blocked_services"] == ["calls", "sip"]

    def test_repeats_no_service(self, support, tenant):
        change(support, tenant, status="suspended", blocked_services=["sip", "calls", "sip"])
        assert fresh(tenant).blocked_services == ["calls", "sip"]


class TestConflict:
    def test_keeps_mine_and_shows_theirs(self, sign_in, support, tenant):
        tom = sign_in("admin", username="tom.reed")
        form = support.get(edit_url(tenant, "status"))
        change(tom, tenant, status="inactive", reason="contract ended")
        with raw.unchanged():
            answer = support.submit(
                form, 409, status="suspended", blocked_services=["calls"], reason="my words"
            )
        assert answer.fields["status"] == ["suspended"]
        assert answer.fields["blocked_services"] == ["calls"]
        assert answer.field("reason") == "my words"
        assert "tom.reed changed this while you were editing. “contract ended”" in answer.words
        assert (
            "tom.reed changed status from Active to Inactive. Yours is still chosen" in answer.words
        )
        support.submit(answer, 303)
        assert last_body()["changes"]["status"] == ["inactive", "suspended"]

    def test_with_a_section_is_none(self, sign_in, support, tenant):
        form = support.get(edit_url(tenant, "status"))
        sign_in("admin").edit(tenant, "features", retention_days=5)
        support.submit(form, 303, status="blocked", reason=REASON)
        assert (fresh(tenant).status, fresh(tenant).retention_days) == ("blocked", 5)

    def test_of_services_takes_theirs_where_mine_stands(self, sign_in, support):
        tenant = make_tenant(status="suspended", blocked_services=["calls"])
        form = support.get(edit_url(tenant, "status"))
        change(sign_in("admin"), tenant, blocked_services=["calls", "sip"])
        answer = support.submit(form, 409, status="active", blocked_services=[], reason="all paid")
        assert answer.fields["status"] == ["active"]
        support.submit(answer, 303, blocked_services=[])
        assert fresh(tenant).status == "active"
