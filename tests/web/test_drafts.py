"""A session that ended while somebody typed: after signing in, the typed input is there."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from tests import raw
from tests.factories import disable, make_tenant, make_user
from tests.history import count_entries
from tests.web import dom
from tests.web.factors import enrol
from tests.web.pages import PASSWORD, REASON, Browser, changed, edit_url, tenant_url
from tests.web.saved import fresh
from webui.accounts.sessions import sessions
from webui.core.extensions import db, write_transaction
from webui.models import Draft, UserSession
from webui.models.columns import now
from webui.tenants.page.template_filters import RESTORED

SECRET = "typed but never kept"
TYPED = {"sip_domain": "typed.example", "sip_username": "typed.user", "sip_password": SECRET}


@pytest.fixture(autouse=True)
def planted(secrets):
    secrets.add(SECRET)


@pytest.fixture
def support(sign_in):
    return sign_in("support")


def expire(browser):
    """Lets the sessions of a browser's person grow too old."""
    with write_transaction():
        old = now() - sessions.IDLE - timedelta(seconds=1)
        mine = update(UserSession).where(UserSession.user_id == browser.user.id)
        db.session.execute(mine.values(last_used_at=old))


def drafts():
    db.session.rollback()
    return raw.rows("SELECT user_id, form, content FROM drafts")


def sign_in_again(browser, answer, user=None):
    """Follows to the sign-in page and signs in; returns where that leads."""
    form = browser.get(answer.location)
    username = (user or browser.user).username
    return browser.submit(form, 303, username=username, password=PASSWORD).location


def typed_too_late(browser, tenant, section="sip", **typed):
    """What a save is answered with that came too late."""
    form = browser.get(edit_url(tenant, section))
    expire(browser)
    return browser.submit(form, 303, **{**typed, "reason": "my reason"})


class TestPlainForm:
    def test_is_there_again_after_signing_in(self, support, tenant):
        before = count_entries()
        answer = typed_too_late(support, tenant, sip_enabled=True, **TYPED)
        assert answer.location.startswith("/login?next=")
        assert count_entries() == before
        page = support.get(sign_in_again(support, answer))
        assert RESTORED in page.words
        assert page.form().get("action") == tenant_url(tenant, "sip")
        assert (page.field("sip_enabled"), page.field("sip_domain")) == ("y", "typed.example")
        assert (page.field("sip_username"), page.field("reason")) == ("typed.user", "my reason")
        assert (page.field("sip_password"), page.field("version")) == ("", "1")
        assert fresh(tenant).version == 1
        support.submit(page, 303, sip_password=SECRET)
        assert fresh(tenant).sip_domain == "typed.example"
        assert drafts() == []

    @pytest.mark.parametrize(
        ("section", "typed"),
        [
            ("organisation", {"name": "x" * 300, "meta_data": '{\r\n  "a": "é 🏥"\r\n}'}),
            ("billing", {"billing_plan": "business", "max_concurrent_calls": "many"}),
            ("features", {"recording_enabled": False, "retention_days": "7"}),
            ("compliance", {"hipaa_enabled": True, "data_encryption_enabled": False}),
            ("webhook", {"webhook_url": "https://typed.example/t?token=abc"}),
            ("status", {"status": "suspended", "blocked_services": ["calls", "sip"]}),
        ],
    )
    def test_of_every_kind_is_kept(self, support, tenant, section, typed):
        answer = typed_too_late(support, tenant, section, **typed)
        page = support.get(sign_in_again(support, answer))
        for name, value in typed.items():
            expected = {True: ["y"], False: []}.get(value if isinstance(value, bool) else None)
            expected = expected if expected is not None else value
            sent = page.fields.get(name, [])
            assert sent == (expected if isinstance(expected, list) else [expected])
        assert page.field("reason") == "my reason"

    def test_of_a_new_tenant_is_kept(self, support):
        form = support.get("/tenants/new")
        expire(support)
        answer = support.submit(form, 303, name="Typed Inc", billing_plan="business", reason=REASON)
        page = support.get(sign_in_again(support, answer))
        assert (page.field("name"), page.field("billing_plan")) == ("Typed Inc", "business")
        support.submit(page, 303)
        assert raw.rows("SELECT name FROM tenants") == [("Typed Inc",)]
        assert drafts() == []

    def test_of_an_owner_is_kept(self, owner, tenant):
        answer = typed_too_late(owner, tenant, "features", retention_days="7")
        page = owner.get(sign_in_again(owner, answer))
        assert page.field("retention_days") == "7"
        owner.submit(page, 303)
        assert fresh(tenant).retention_days == 7

    def test_of_a_wizard_step_without_its_name_is_kept(self, sign_in):
        owner = sign_in("owner", make_tenant())
        step = owner.get("/onboarding/organisation")
        expire(owner)
        sent = changed(step.fields, {"name": "Typed Inc"})
        page = owner.get(sign_in_again(owner, owner.post("/onboarding", sent, 303)))
        assert (page.field("name"), page.form().get("action")) == (
            "Typed Inc",
            "/onboarding/organisation",
        )
        owner.submit(page, 303)
        assert drafts() == []

    def test_keeps_the_wish_to_remove_a_password(self, support, tenant, sign_in):
        sign_in("admin").edit(tenant, "sip", sip_password=SECRET)
        answer = typed_too_late(support, tenant, remove_sip_password=True)
        assert support.get(sign_in_again(support, answer)).field("remove_sip_password") == "y"

    def test_is_judged_by_the_version_it_was_made_from(self, support, tenant, sign_in):
        answer = typed_too_late(support, tenant, "features", retention_days="7")
        sign_in("admin").edit(tenant, "features", retention_days=30)
        page = support.get(sign_in_again(support, answer))
        assert page.field("version") == "1"
        support.submit(page, 409)
        assert fresh(tenant).retention_days == 30

    def test_of_bad_input_is_judged_when_it_is_saved(self, support, tenant):
        answer = typed_too_late(support, tenant, "billing", max_concurrent_calls="many")
        page = support.get(sign_in_again(support, answer))
        assert list(support.submit(page, 422).errors) == ["max_concurrent_calls"]


class TestHtmxForm:
    def post(self, browser, tenant, form, **typed):
        """Sends the form as htmx does from the tenant page."""
        data = changed(form.fields, {**typed, "reason": "my reason"})
        return browser.post(
            tenant_url(tenant, "sip"),
            data,
            401,
            htmx=True,
            HX_Target="section#section-sip",
            HX_Current_URL=f"http://localhost{tenant_url(tenant)}",
        )

    def test_is_there_again_after_signing_in_on_its_place(self, support, tenant):
        form = support.get(edit_url(tenant, "sip"), htmx=True)
        expire(support)
        answer = self.post(support, tenant, form, **TYPED)
        assert "Your session has ended" in answer.words
        assert "what you typed is kept, except passwords" in answer.words
        target = answer.field("next")
        assert target.startswith(f"{edit_url(tenant, 'sip')}?draft=")
        signed_in = support.submit(
            answer, 200, htmx=True, username=support.user.username, password=PASSWORD
        )
        assert signed_in.headers["HX-Redirect"] == target
        page = support.get(target, htmx=True)
        assert page.field("sip_domain") == "typed.example"
        support.submit(page, 200, htmx=True)
        assert fresh(tenant).sip_domain == "typed.example"
        assert drafts() == []

    def test_is_there_again_without_more_javascript(self, support, tenant):
        form = support.get(edit_url(tenant, "sip"), htmx=True)
        expire(support)
        answer = self.post(support, tenant, form, **TYPED)
        user = {"username": support.user.username, "password": PASSWORD}
        location = support.submit(answer, 303, **user).location
        assert support.get(location).field("sip_domain") == "typed.example"

    def test_after_a_wrong_password_is_still_there(self, support, tenant):
        form = support.get(edit_url(tenant, "sip"), htmx=True)
        expire(support)
        answer = self.post(support, tenant, form, **TYPED)
        target = answer.field("next")
        user = {"username": support.user.username}
        answer = support.submit(answer, 422, htmx=True, **user, password="wrong")
        assert answer.errors
        assert answer.field("next") == target

    def test_that_was_only_opened_leads_back_to_the_page(self, support, tenant):
        expire(support)
        answer = support.get(
            edit_url(tenant, "sip"),
            401,
            htmx=True,
            HX_Current_URL=f"http://localhost{tenant_url(tenant)}?x=1",
        )
        assert answer.field("next") == f"{tenant_url(tenant)}?x=1"
        for evil in (
            "https://evil.example//other.example/",
            "//evil.example",
            "javascript:alert(1)",
        ):
            headers = {"HX_Current_URL": evil}
            answer = support.get(edit_url(tenant, "sip"), 401, htmx=True, **headers)
            assert answer.field("next") in ("", "/")


class TestStored:
    def test_is_sealed_and_holds_no_secret(self, app, support, tenant):
        typed_too_late(support, tenant, **TYPED)
        [(_user, form, content)] = drafts()
        assert form == tenant_url(tenant, "sip")
        assert content.startswith("e1.k1.")
        for word in (SECRET, "typed.example", "my reason"):
            assert word not in str(raw.everything())
        draft = db.session.query(Draft).one()
        assert "sip_password" not in json.loads(draft.content)
        assert SECRET not in draft.content

    def test_once_per_form_the_latest(self, support, tenant):
        form = support.get(edit_url(tenant, "features"))
        expire(support)
        support.submit(form, 303, retention_days=5, reason=REASON)
        answer = support.submit(form, 303, retention_days=6, reason=REASON)
        assert len(drafts()) == 1
        assert support.get(sign_in_again(support, answer)).field("retention_days") == "6"

    def test_shows_nothing_when_it_was_damaged(self, support, tenant):
        target = sign_in_again(support, typed_too_late(support, tenant, **TYPED))
        raw.run("UPDATE drafts SET content = 'e1.k1.AAAA'")
        page = support.get(target)
        assert page.field("sip_domain") == ""
        assert RESTORED not in page.words

    @pytest.mark.parametrize(("hours", "shown"), [(11.9, "typed.example"), (12, "")])
    def test_is_shown_for_twelve_hours(self, support, tenant, hours, shown):
        target = sign_in_again(support, typed_too_late(support, tenant, **TYPED))
        with write_transaction():
            db.session.execute(update(Draft).values(created_at=now() - timedelta(hours=hours)))
        assert support.get(target).field("sip_domain") == shown


class TestEndedSession:
    """However a session ended: what was typed in it is kept as after an idle time."""

    @pytest.fixture
    def elsewhere(self, app, support):
        """The same person at another browser."""
        other = Browser(app.test_client(), support.secrets)
        other.user = support.user
        other.start_session()
        return other

    @pytest.fixture(params=["others", "sign out", "password", "factor", "admin"])
    def end(self, request, support, elsewhere, sign_in):
        """Ends the session of `support`."""

        def end():
            if request.param == "others":
                elsewhere.post("/account/sessions/end", {"csrf_token": elsewhere.token()}, 303)
            elif request.param == "sign out":
                support.post("/logout", {"csrf_token": support.token()}, 303)
            elif request.param == "password":
                support.password = "a much newer passphrase"
                elsewhere.post_form(
                    "/account/password",
                    303,
                    current_password=PASSWORD,
                    password=support.password,
                )
            elif request.param == "factor":
                enrol(elsewhere)
                support.codes = elsewhere.codes
            else:
                url = f"/users/{support.user.id}/sessions"
                sign_in("admin").post_form(url, 303, reason=REASON)

        return end

    def test_keeps_what_was_typed(self, support, tenant, end):
        form = support.get(edit_url(tenant, "sip"))
        end()
        answer = support.submit(form, 303, **TYPED, reason="my reason")
        assert "draft" in answer.location
        page = support.get(answer.location)
        answer = support.submit(
            page, 303, username=support.user.username, password=support.password
        )
        if support.codes:
            page = support.get(answer.location)
            answer = support.submit(page, 303, code=support.codes.pop())
        page = support.get(answer.location)
        assert (page.field("sip_domain"), page.field("reason")) == ("typed.example", "my reason")

    @pytest.mark.parametrize(("hours", "kept"), [(11.9, True), (12.1, False)])
    def test_keeps_it_for_twelve_hours(self, support, tenant, hours, kept):
        form = support.get(edit_url(tenant, "sip"))
        [hashed] = db.session.scalars(select(UserSession.token_hash))
        with write_transaction():
            sessions.end_session(hashed, now() - timedelta(hours=hours))
        answer = support.submit(form, 303, **TYPED, reason="my reason")
        assert ("draft" in answer.location) is kept


class TestSomebodyElse:
    def test_sees_nothing_of_it(self, support, sign_in, tenant):
        answer = typed_too_late(support, tenant, **TYPED)
        target = support.get(answer.location).field("next")
        support.secrets |= {"typed.example", "typed.user"}
        other = sign_in("admin")
        page = other.get(target)
        assert page.field("sip_domain") == ""
        assert RESTORED not in page.words
        other.edit(tenant, "sip", sip_domain="other.example")
        assert len(drafts()) == 1

    def test_at_the_same_browser_sees_nothing_of_it(self, support, tenant):
        answer = typed_too_late(support, tenant, **TYPED)
        other = make_user("admin", password=PASSWORD)
        page = support.get(sign_in_again(support, answer, other))
        assert page.field("sip_domain") == ""

    def test_with_a_forged_id_sees_the_stored_values(self, support, tenant):
        answer = typed_too_late(support, tenant, **TYPED)
        target = sign_in_again(support, answer)
        draft = target.partition("draft=")[2]
        for forged in (str(uuid4()), "x", "", draft[:-1], f"{draft}0", "' OR 1=1", "%00", "0" * 32):
            page = support.get(f"{edit_url(tenant, 'sip')}?draft={forged}")
            assert page.field("sip_domain") == "", forged
        # The draft of one form is not shown in another one.
        assert RESTORED not in support.get(f"{edit_url(tenant, 'webhook')}?draft={draft}").words

    def test_without_a_session_leaves_no_draft(self, browser, support, tenant):
        form = support.get(edit_url(tenant, "sip"))
        answer = browser.submit(form, 303, **TYPED, reason=REASON)
        assert "draft" not in answer.location
        stranger = Browser(browser.client, set())
        stranger.post(tenant_url(tenant, "sip"), {"csrf_token": stranger.token()}, 303)
        assert drafts() == []

    def test_without_a_csrf_token_leaves_no_draft(self, support, tenant):
        form = support.get(edit_url(tenant, "sip"))
        expire(support)
        for token in (None, "forged"):
            answer = support.submit(form, 303, **TYPED, csrf_token=token)
            assert answer.location.startswith("/login")
        assert drafts() == []

    @pytest.mark.parametrize("role", ["owner", "auditor"])
    def test_who_may_not_change_the_tenant_leaves_no_draft(self, sign_in, tenant, role):
        person = sign_in(role)
        token = person.token()
        expire(person)
        data = {**TYPED, "csrf_token": token, "version": "1", "reason": REASON}
        answer = person.post(tenant_url(tenant, "sip"), data, 303)
        assert answer.location == "/login"
        assert drafts() == []

    def test_who_was_disabled_leaves_no_draft(self, support, tenant):
        form = support.get(edit_url(tenant, "sip"))
        disable(support.user.username)
        support.submit(form, 303, **TYPED, reason=REASON)
        assert drafts() == []


class TestFormThatIsTooOld:
    def test_after_signing_in_again_elsewhere_is_saved(self, support, tenant):
        form = support.get(edit_url(tenant, "sip"))
        expire(support)
        support.sign_in(support.user.username)
        support.submit(form, 303, **TYPED, reason="my reason")
        assert fresh(tenant).sip_domain == "typed.example"

    def test_after_somebody_else_signed_in_keeps_what_was_typed(self, support, tenant):
        form = support.get(edit_url(tenant, "sip"))
        expire(support)
        support.sign_in(make_user("support", password=PASSWORD).username)
        with raw.unchanged():
            answer = support.submit(form, 400, **TYPED, reason="my reason")
        main = dom.elements(answer.tree, "main")[0]
        assert "typed.example" in str([dom.fields(f) for f in dom.elements(main, "form")])
        saved = support.submit(answer, 303, reason="my reason")
        assert saved.location.startswith(tenant_url(tenant))
        assert fresh(tenant).sip_domain == "typed.example"
