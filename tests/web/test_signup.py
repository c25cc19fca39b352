"""Sign-up: one form makes an owner, an organisation and a session, and never more than that."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest

from tests import raw
from tests.factories import make_user, revise
from tests.history import assert_history_holds
from tests.web.pages import Browser
from tests.web.saved import actions
from webui.accounts import password_rule
from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action
from webui.models import AuditEntry, Submission, Tenant, User
from webui.models.tenant.tenant import DEFAULTS
from webui.onboarding import signup
from webui.rate_limits import try_limits

URL = "/signup"
GOOD = "seven blue herons"
FILLED = {
    "organisation": "Aurora Clinics",
    "username": "Ana.Lopez",
    "email": "ana@aurora.example",
    "password": GOOD,
}

BAD = {
    "organisation": ["", " ", "x" * 256, "a\u202eb", "a\u200bb", None, ["a", "b"]],
    "username": ["", "ab", "x" * 51, "a b c", "a@b.c", "ümlaut", None, ["abc", "abd"]],
    "email": ["", "nobody", "a@b", "a b@c.de", "x" * 255 + "@b.co", None, ["a@b.c", "c@d.c"]],
    "password": ["", "short77", "x" * 73, "password1", "QWERTYUIOP", None, ["a" * 9, "b" * 9]],
}


@pytest.fixture
def secrets(secrets):
    secrets.add(GOOD)
    return secrets


def bodies(action):
    query = db.select(AuditEntry.body).where(AuditEntry.action == action)
    return [json.loads(body) for body in db.session.scalars(query)]


def as_it_is(browser):
    """A browser with the same cookies, which hears of no later answer."""
    other = Browser(browser.client.application.test_client(), browser.secrets)
    other.client._cookies.update(browser.client._cookies)
    return other


class TestForm:
    def test_asks_for_four_things_that_password_managers_know(self, browser):
        form = browser.get(URL)
        assert form.fields.keys() == {*FILLED, "csrf_token", "submission"}
        autocomplete = {name: form.control(name).get("autocomplete") for name in FILLED}
        assert autocomplete == {
            "organisation": "organization",
            "username": "username",
            "email": "email",
            "password": "new-password",
        }

    def test_is_linked_from_the_sign_in_page_and_back(self, browser):
        assert 'href="/signup"' in browser.get("/login").text
        assert 'href="/login"' in browser.get(URL).text

    def test_is_not_for_who_is_signed_in(self, admin):
        assert admin.get(URL, 303).location == "/"
        before = raw.everything()
        assert admin.post(URL, {"csrf_token": admin.token()}, 303).location == "/"
        assert raw.everything() == before


class TestSignUp:
    def test_makes_the_owner_and_the_tenant_and_signs_in(self, browser):
        browser.post_form(URL, 303, **FILLED)
        user, tenant = db.session.query(User).one(), db.session.query(Tenant).one()
        assert (user.id, user.tenant_id) == (tenant.id, tenant.id)
        assert (user.role, user.username, user.email) == (
            "owner",
            "Ana.Lopez",
            "ana@aurora.example",
        )
        assert {name: getattr(tenant, name) for name in DEFAULTS} == DEFAULTS
        assert (tenant.name, tenant.version, tenant.onboarded_at) == ("Aurora Clinics", 1, None)
        assert "Aurora Clinics" in browser.get(f"/tenants/{tenant.id}").words

    def test_stands_in_the_history_as_the_owner_s_by_the_wizard(self, browser):
        browser.post_form(URL, 303, **FILLED)
        assert actions() == ["tenant.created", "user.created", "session.started"]
        user = db.session.query(User).one()
        for action in (Action.TENANT_CREATED, Action.USER_CREATED, Action.SIGNED_IN):
            [body] = bodies(action)
            assert body["source"] == "wizard"
            actor = {"type": "user", "id": str(user.id), "name": "Ana.Lopez", "role": "owner"}
            assert body["actor"] == actor
        [made] = bodies(Action.TENANT_CREATED)
        assert made["changes"] == {
            name: [None, value] for name, value in {**DEFAULTS, "name": "Aurora Clinics"}.items()
        }
        [account] = bodies(Action.USER_CREATED)
        assert account["changes"]["role"] == [None, "owner"]
        assert account["tenant"]["id"] == str(user.tenant_id)
        assert_history_holds()

    def test_never_makes_anything_else_whatever_is_posted(self, browser):
        more = {"role": "admin", "tenant_id": str(UUID(int=1)), "id": str(UUID(int=2))}
        more |= {"billing_plan": "enterprise", "max_concurrent_calls": "900", "active": "y"}
        more |= {"hipaa_enabled": "y", "meta_data": '{"a": 1}', "status": "blocked", "name": "X"}
        browser.post_form(URL, 303, **FILLED, **more)
        user, tenant = db.session.query(User).one(), db.session.query(Tenant).one()
        assert (user.role, user.tenant_id, user.id) == ("owner", tenant.id, tenant.id)
        assert {name: getattr(tenant, name) for name in DEFAULTS} == DEFAULTS

    def test_needs_no_e_mail_and_no_name_that_is_free(self, browser, app, secrets):
        browser.post_form(URL, 303, **FILLED)
        other = Browser(app.test_client(), secrets)
        other.post_form(URL, 303, **FILLED | {"username": "somebody-else"})
        assert db.session.query(Tenant).count() == 2

    def test_survives_a_second_click(self, browser):
        form, stale = browser.get(URL), as_it_is(browser)
        browser.submit(form, 303, **FILLED)
        stale.submit(form, 303, **FILLED)
        assert db.session.query(User).count() == 1
        assert actions().count("tenant.created") == 1
        assert "Aurora" in stale.get(f"/tenants/{db.session.query(User).one().id}").words

    def test_second_click_is_no_way_round_a_blocked_organisation(self, browser):
        form, stale = browser.get(URL), as_it_is(browser)
        browser.submit(form, 303, **FILLED)
        revise(db.session.query(Tenant).one(), Action.TENANT_STATUS, status="blocked")
        assert list(stale.submit(form, 422, **FILLED).errors) == ["username"]

    def test_second_click_after_a_minute_is_no_second_click(self, browser):
        form, stale = browser.get(URL), as_it_is(browser)
        browser.submit(form, 303, **FILLED)
        with write_transaction():
            db.session.query(Submission).one().used_at -= timedelta(seconds=61)
        assert list(stale.submit(form, 422, **FILLED).errors) == ["username"]

    def test_makes_the_browser_a_known_device(self, browser):
        browser.post_form(URL, 303, **FILLED)
        assert browser.client.get_cookie("device") is not None

    def test_form_is_no_key_for_somebody_else(self, browser):
        form, stale = browser.get(URL), as_it_is(browser)
        browser.submit(form, 303, **FILLED)
        answer = stale.submit(form, 422, **FILLED | {"password": "another long one"})
        assert list(answer.errors) == ["username"]


class TestBadInput:
    @pytest.mark.parametrize("field", BAD)
    def test_is_refused_beside_its_field_and_the_rest_is_kept(self, browser, field):
        form = browser.get(URL)
        before = raw.everything()
        for value in BAD[field]:
            answer = browser.submit(form, None, **{**FILLED, field: value})
            assert (answer.status, list(answer.errors)) == (422, [field]), repr(value)
            assert answer.field("submission") == form.field("submission")
            assert not answer.field("password")
            for name in FILLED.keys() - {field, "password"}:
                assert answer.field(name) == FILLED[name]
        assert raw.everything() == before

    @pytest.mark.parametrize("name", ["username", "email"])
    def test_own_name_is_no_password(self, browser, name):
        typed = {**FILLED, "username": "ana.lopez.2026", "email": "ana.lopez@aurora.example"}
        answer = browser.post_form(URL, 422, **{**typed, "password": typed[name].upper()})
        assert answer.errors == {"password": password_rule.OWN_NAME}

    def test_taken_username_is_refused_in_any_case(self, browser):
        make_user("admin", username="ana.LOPEZ")
        before = actions()
        answer = browser.post_form(URL, 422, **FILLED)
        assert answer.errors == {"username": "This username is taken. Choose another."}
        assert answer.field("organisation") == "Aurora Clinics"
        assert actions() == before
        assert db.session.query(User).count() == 1

    @pytest.mark.parametrize("mark", [None, "", "short", "x" * 65])
    def test_without_its_mark_is_refused(self, browser, mark):
        browser.post_form(URL, 400, **FILLED, submission=mark)
        assert db.session.query(User).count() == 0

    def test_without_csrf_token_is_refused(self, browser):
        browser.post(URL, FILLED, 400)
        assert db.session.query(User).count() == 0


class TestManyFromOneAddress:
    def test_have_to_wait_and_lose_nothing_but_the_password(self, browser, app, secrets):
        form = browser.get(URL)
        for number in range(try_limits.SIGN_UP.free):
            other = Browser(app.test_client(), secrets)
            other.post_form(URL, 303, **FILLED | {"username": f"owner-{number}"})
        answer = browser.submit(form, 429, **FILLED)
        assert "Too many attempts. Wait 10 minutes" in answer.words
        assert answer.field("organisation") == "Aurora Clinics"
        assert not answer.field("password")
        assert db.session.query(User).count() == try_limits.SIGN_UP.free
        browser.client.environ_base["REMOTE_ADDR"] = "192.0.2.77"
        browser.submit(answer, 303, password=GOOD)


class TestClosed:
    def test_is_absent_and_says_so_in_plain_words(self, make_app, secrets):
        app = make_app(signup=False, support_contact="help@console.example")
        browser = Browser(app.test_client(), secrets)
        page = browser.get(URL, 404)
        assert "cannot sign up here by themselves" in page.words
        assert "help@console.example" in page.words
        browser.post(URL, {**FILLED, "csrf_token": browser.token("/login")}, 404)
        assert db.session.query(User).count() == 0
        assert "/signup" not in browser.get("/login").text


@pytest.mark.both_databases
class TestRace:
    def test_two_with_one_username_one_wins(self, app, secrets, monkeypatch):
        browsers = [Browser(app.test_client(), secrets) for _ in range(2)]
        forms = [browser.get(URL) for browser in browsers]
        barrier, transaction = threading.Barrier(2, timeout=20), signup.write_transaction

        @contextmanager
        def together():
            # Both have found the username free; then both begin to write.
            barrier.wait()
            with transaction():
                yield

        monkeypatch.setattr(signup, "write_transaction", together)
        with ThreadPoolExecutor(2) as pool:
            calls = [
                pool.submit(b.submit, form, None, **FILLED)
                for b, form in zip(browsers, forms, strict=True)
            ]
            answers = [call.result(30) for call in calls]
        assert sorted(answer.status for answer in answers) == [303, 422]
        [loser] = [answer for answer in answers if answer.status == 422]
        assert list(loser.errors) == ["username"]
        assert db.session.query(User).count() == db.session.query(Tenant).count() == 1
        assert actions() == ["tenant.created", "user.created", "session.started"]
        assert_history_holds()
