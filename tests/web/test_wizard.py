"""The wizard: one step after the other, saved as one goes, resumed where one was."""

import pytest

from tests import raw
from tests.factories import make_tenant, make_user, revise
from tests.history import assert_audited, assert_history_holds, count_entries
from tests.web import dom
from tests.web.pages import PASSWORD, Browser
from tests.web.saved import actions, fresh
from tests.web.test_drafts import expire
from webui.core.extensions import db
from webui.core.limits import PLANS
from webui.history.record.actions import Action
from webui.models import Draft, Onboarding
from webui.models.tenant.onboarding import STEPS, Step
from webui.tenants.core.sections import SECTIONS

SECRET = "trunk-password-1"


def url(step, **query):
    return f"/onboarding/{step}" + "".join(f"?{k}={v}" for k, v in query.items())


def go(browser, step, status=303, /, way="next", *, htmx=False, **changes):
    """Opens a step, changes fields and uses a button."""
    return browser.post_form(url(step), status, htmx=htmx, go=way, **changes)


def walk(browser, to):
    """Every step before `to`, as it stands."""
    for step in STEPS[: STEPS.index(Step(to))]:
        go(browser, step)


def place(tenant):
    """(where the owner goes on, how each step was left)."""
    db.session.rollback()
    row = db.session.get(Onboarding, tenant.id)
    return (row.step, row.passed) if row else None


@pytest.fixture
def elsewhere(app, secrets, owner):
    """The same owner on another device."""
    browser = Browser(app.test_client(), secrets)
    browser.user = owner.user
    browser.sign_in(owner.user.username)
    return browser


class TestWay:
    def test_leads_through_every_step_to_the_end(self, owner, tenant):
        assert owner.get("/", 303).location == "/onboarding"
        assert owner.get("/onboarding", 303).location == "/onboarding/organisation"
        changes = {
            "organisation": {"name": "Aurora"},
            "billing": {"billing_plan": "enterprise", "max_concurrent_calls": 20},
            "sip": {
                "sip_enabled": True,
                "sip_domain": "sip.example.com",
                "sip_username": "trunk",
                "sip_password": SECRET,
            },
            "features": {"recording_format": "wav"},
            "compliance": {"hipaa_enabled": True},
            "webhook": {"webhook_url": "https://hooks.example.com/x"},
        }
        for number, (step, values) in enumerate(changes.items(), start=1):
            answer = go(owner, step, **values)
            assert answer.location == url(STEPS[number])
            body = assert_audited(SECTIONS[step].action, tenant, source="wizard", reason=None)
            assert body["changes"].keys() == values.keys()
            assert body["actor"]["id"] == str(owner.user.id)
        assert go(owner, "review").location == "/onboarding/done"
        body = assert_audited(Action.TENANT_ONBOARDED, tenant, source="wizard")
        assert body["changes"].keys() == {"onboarded_at"}
        saved = fresh(tenant)
        assert (saved.name, saved.version, saved.sip_password) == ("Aurora", 8, SECRET)
        assert saved.onboarded_at is not None
        assert "You are set up" in owner.get("/onboarding/done").words
        assert owner.get("/", 303).location == f"/tenants/{tenant.id}"
        assert_history_holds()

    def test_needs_no_change_at_all(self, owner, tenant):
        walk(owner, "review")
        assert place(tenant)[1]["sip"] == place(tenant)[1]["webhook"] == "skipped"
        entries = count_entries()
        go(owner, "review")
        assert count_entries() == entries + 1
        assert fresh(tenant).version == 2

    @pytest.mark.parametrize("step", ["sip", "webhook"])
    def test_skips_what_can_be_skipped(self, owner, tenant, step):
        walk(owner, step)
        before = count_entries()
        assert go(owner, step, way="skip").location == url(STEPS[STEPS.index(Step(step)) + 1])
        assert place(tenant)[1][step] == "skipped"
        assert count_entries() == before
        page = owner.get(url("features"))
        assert "SIP, skipped" in page.words if step == "sip" else page.words

    @pytest.mark.parametrize("step", ["organisation", "billing", "features", "compliance"])
    def test_skips_nothing_else(self, owner, tenant, step):
        walk(owner, step)
        before = raw.everything()
        go(owner, step, 400, way="skip")
        assert raw.everything() == before

    def test_done_stays_done_when_skipped_later(self, owner, tenant):
        walk(owner, "webhook")
        go(owner, "webhook", webhook_url="https://hooks.example.com/x")
        assert "Skip for now" not in owner.get(url("webhook")).words
        go(owner, "webhook", way="skip")
        assert place(tenant)[1]["webhook"] == "done"
        assert fresh(tenant).webhook_url == "https://hooks.example.com/x"

    def test_by_htmx_gives_the_next_step_in_place(self, owner):
        answer = go(owner, "organisation", 200, htmx=True, name="Aurora")
        assert answer.headers["HX-Push-Url"] == "/onboarding/billing"
        assert answer.by_id("wizard") is not None
        assert answer.field("billing_plan") == "starter"
        refused = owner.submit(answer, 422, htmx=True, max_concurrent_calls="x")
        assert list(refused.errors) == ["max_concurrent_calls"]

    @pytest.mark.parametrize("way", ["sideways", "", ["next", "back"]])
    def test_unknown_button_is_refused(self, owner, way):
        before = raw.everything()
        go(owner, "organisation", 400, way=way)
        assert raw.everything() == before


class TestOrder:
    @pytest.mark.parametrize("step", STEPS[2:])
    def test_later_steps_cannot_be_reached_by_url(self, owner, tenant, step):
        go(owner, "organisation")
        token, before = owner.token(), raw.everything()
        assert owner.get(url(step), 303).location == "/onboarding/billing"
        data = {"csrf_token": token, "version": "1", "go": "next", "hipaa_enabled": "y"}
        assert owner.post(url(step), data, 303).location == "/onboarding/billing"
        assert raw.everything() == before

    def test_end_cannot_be_reached_by_url(self, owner, tenant):
        assert owner.get("/onboarding/done", 303).location == "/onboarding"
        data = {"csrf_token": owner.token(), "version": "1", "go": "next"}
        assert owner.post(url("review"), data, 303).location == "/onboarding/organisation"
        assert fresh(tenant).onboarded_at is None

    def test_there_are_no_other_steps(self, owner):
        owner.get("/onboarding/payment", 404)
        owner.get("/onboarding/Billing", 404)

    def test_earlier_steps_can_be_saved_again_without_losing_the_place(self, owner, tenant):
        walk(owner, "features")
        go(owner, "organisation", name="Renamed")
        assert place(tenant)[0] == "billing"
        assert place(tenant)[1].keys() == {"organisation", "billing", "sip"}
        owner.get(url("features"))

    def test_finished_wizard_leads_to_its_end(self, owner, tenant):
        walk(owner, "review")
        form = owner.get(url("review"))
        owner.submit(form, 303, go="next")
        before = count_entries()
        assert owner.submit(form, 303, go="next").location == "/onboarding/done"
        for step in STEPS:
            assert owner.get(url(step), 303).location == "/onboarding/done"
        assert owner.get("/onboarding", 303).location == "/onboarding/done"
        assert count_entries() == before


class TestTwice:
    def test_one_form_sent_twice_saves_once(self, owner, tenant):
        form = owner.get(url("organisation"))
        for _ in range(2):
            assert owner.submit(form, 303, name="Once", go="next").location == url("billing")
        assert actions().count("tenant.organisation.updated") == 1
        assert fresh(tenant).version == 2

    def test_two_tabs_with_different_values_are_a_conflict(self, owner, tenant):
        first, second = owner.get(url("organisation")), owner.get(url("organisation"))
        owner.submit(first, 303, name="First", go="next")
        answer = owner.submit(second, 409, name="Second", go="next")
        assert (answer.field("name"), answer.field("version")) == ("Second", "2")
        assert "You changed this in another window." in answer.words
        assert fresh(tenant).name == "First"
        assert owner.submit(answer, 303, go="next").location == url("billing")
        assert fresh(tenant).name == "Second"

    def test_staff_change_of_another_section_is_no_conflict(self, owner, tenant):
        form = owner.get(url("organisation"))
        revise(tenant, Action.TENANT_FEATURES, retention_days=7)
        owner.submit(form, 303, name="Mine", go="next")
        saved = fresh(tenant)
        assert (saved.name, saved.retention_days) == ("Mine", 7)

    def test_review_is_shown_again_when_something_changed_meanwhile(self, owner, tenant):
        walk(owner, "review")
        form = owner.get(url("review"))
        revise(tenant, Action.TENANT_FEATURES, retention_days=7)
        answer = owner.submit(form, 409, go="next")
        assert "Support team changed something while you were looking" in answer.words
        assert "7 days" in answer.words
        assert fresh(tenant).onboarded_at is None
        owner.submit(answer, 303, go="next")
        assert fresh(tenant).onboarded_at is not None


class TestResuming:
    def test_goes_on_at_the_same_step_on_another_device(self, owner, elsewhere):
        walk(owner, "features")
        assert elsewhere.get("/onboarding", 303).location == "/onboarding/features"
        go(owner, "features", way="back")
        assert elsewhere.get("/onboarding", 303).location == "/onboarding/sip"

    def test_back_keeps_what_cannot_be_saved_but_no_secret(self, owner, elsewhere, tenant):
        walk(owner, "sip")
        owner.secrets.add(SECRET)
        before = count_entries()
        typed = {"sip_domain": "not a host", "sip_username": "trunk", "sip_password": SECRET}
        assert go(owner, "sip", way="back", **typed).location == url("billing")
        assert count_entries() == before
        for browser in (owner, elsewhere):
            page = browser.get(url("sip"))
            assert (page.field("sip_domain"), page.field("sip_username")) == ("not a host", "trunk")
            assert page.field("sip_password") == ""
            assert "It is not saved yet" in page.words
        [draft] = db.session.scalars(db.select(Draft)).all()
        assert "not a host" in draft.content and SECRET not in draft.content
        go(owner, "sip", sip_domain="sip.example.com")
        assert "It is not saved yet" not in owner.get(url("sip")).words

    def test_back_saves_what_can_be_saved(self, owner, tenant):
        walk(owner, "billing")
        go(owner, "billing", way="back", max_concurrent_calls=7)
        assert fresh(tenant).max_concurrent_calls == 7
        assert place(tenant) == ("organisation", {"organisation": "done"})

    def test_kept_input_is_forgotten_when_what_is_stored_is_wanted_again(self, owner):
        walk(owner, "billing")
        go(owner, "billing", way="back", max_concurrent_calls="many")
        assert owner.get(url("billing")).field("max_concurrent_calls") == "many"
        go(owner, "billing", max_concurrent_calls=10)
        assert owner.get(url("billing")).field("max_concurrent_calls") == "10"

    def test_jumping_to_another_step_saves_as_well(self, owner, tenant):
        walk(owner, "features")
        answer = go(owner, "features", way="organisation", retention_days=7)
        assert answer.location == url("organisation")
        assert fresh(tenant).retention_days == 7
        go(owner, "organisation", way="features", name="x" * 256)
        assert owner.get(url("organisation")).field("name") == "x" * 256
        # What is not open yet cannot be jumped to.
        assert go(owner, "features", way="review").location == url("features")
        assert "features" not in place(tenant)[1]

    def test_leaving_saves_and_leads_to_the_checklist(self, owner, tenant):
        walk(owner, "billing")
        answer = go(owner, "billing", way="leave", max_concurrent_calls=7)
        assert answer.location == f"/tenants/{tenant.id}"
        assert fresh(tenant).max_concurrent_calls == 7
        assert owner.get("/onboarding", 303).location == "/onboarding/billing"

    def test_expired_session_keeps_the_input(self, owner):
        form = owner.get(url("organisation"))
        expire(owner)
        leads = owner.submit(form, 303, name="Typed before", go="next").location
        assert leads.startswith("/login?next=/onboarding/organisation")
        owner.sign_in(owner.user.username)
        assert owner.get(url("organisation")).field("name") == "Typed before"


class TestReview:
    def test_shows_everything_and_leads_to_each_step_and_back(self, owner):
        walk(owner, "sip")
        go(owner, "sip", way="skip")
        for step in ("features", "compliance", "webhook"):
            go(owner, step)
        page = owner.get(url("review"))
        for section in SECTIONS.values():
            assert section.title in page.words
        links = [a.get("href") for a in dom.elements(page.tree, "a")]
        for step in STEPS[:-1]:
            assert url(step, to="review") in links
        answer = owner.post_form(url("features", to="review"), 303, retention_days=7, go="next")
        assert answer.location == url("review")
        assert "7 days" in owner.get(url("review")).words


class TestPlanLimits:
    def test_starter_cannot_have_eleven_calls_hipaa_or_metadata(self, owner, tenant):
        walk(owner, "billing")
        answer = go(owner, "billing", 422, max_concurrent_calls=11)
        assert list(answer.errors) == ["max_concurrent_calls"]
        assert answer.field("max_concurrent_calls") == "11"
        walk(owner, "compliance")
        page = owner.get(url("compliance"))
        assert "part of the Enterprise plan; yours is Starter" in page.words
        for name in ("hipaa_enabled", "pci_enabled"):
            assert name not in page.fields
            assert list(owner.submit(page, 422, go="next", **{name: True}).errors) == [name]
        go(owner, "organisation", meta_data='{"vip": true}')
        assert (fresh(tenant).meta_data, fresh(tenant).version) == ({}, 1)

    def test_plans_are_compared_with_their_ceilings(self, owner):
        walk(owner, "billing")
        words = owner.get(url("billing")).words
        for plan in PLANS.values():
            assert plan.label in words
            assert f"{plan.max_concurrent_calls:,} calls at once" in words
        assert "Up to 10 on Starter, 100 on Business, 1,000 on Enterprise." in words

    def test_lower_plan_is_pointed_out_once(self, owner, tenant):
        walk(owner, "billing")
        go(owner, "billing", billing_plan="business", max_concurrent_calls=50)
        answer = go(owner, "billing", 422, billing_plan="starter")
        assert answer.field("max_concurrent_calls") == "10"
        owner.submit(answer, 303, go="next")
        assert (fresh(tenant).billing_plan, fresh(tenant).max_concurrent_calls) == ("starter", 10)


class TestRights:
    @pytest.mark.parametrize("role", ["support", "admin", "auditor"])
    def test_it_is_the_owner_s(self, sign_in, role):
        sign_in(role).get("/onboarding", 403)

    def test_closed_tenant_can_only_be_read(self, sign_in):
        tenant = make_tenant(status="inactive")
        owner = sign_in("owner", tenant)
        assert owner.get("/", 303).location == f"/tenants/{tenant.id}"
        assert owner.get("/onboarding", 303).location == f"/tenants/{tenant.id}"
        owner.get(url("organisation"), 403)

    def test_without_version_or_token_is_refused(self, owner):
        form = owner.get(url("organisation"))
        owner.submit(form, 400, version=None, go="next")
        owner.submit(form, 400, csrf_token=None, go="next")

    def test_second_owner_of_a_tenant_goes_on_with_it(self, owner, tenant, app, secrets):
        walk(owner, "sip")
        other = Browser(app.test_client(), secrets)
        other.sign_in(make_user("owner", tenant, PASSWORD).username)
        assert other.get("/onboarding", 303).location == url("sip")
