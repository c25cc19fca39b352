"""A thief who knows the password, and what becomes of their session (issue 11, point 1)."""

import pytest
from sqlalchemy import select

from tests import raw
from tests.factories import make_user
from tests.history import assert_history_holds
from tests.web.factors import confirmation, enrol, enter, give_password, said
from tests.web.pages import PASSWORD, Browser
from tests.web.saved import actions, bodies
from tests.web.test_passkeys import confirmed, options, register
from webui.accounts.factors import factor_changes
from webui.accounts.sessions import sessions
from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action
from webui.models import UserSession

PAGES = ("/tenants", "/account", "/account/authenticator", "/account/passkeys/new", "/audit")


pytestmark = pytest.mark.usefixtures("code_time")


@pytest.fixture(params=["staff", "none"])
def strict(request, app_with):
    """With and without a second factor that staff must have."""
    return app_with(require_mfa=request.param)


def signed_in(app, user):
    """A browser that gave the password, and nothing else."""
    browser = Browser(app.test_client(), set())
    browser.user = user
    browser.sign_in(user.username)
    return browser


@pytest.fixture
def person(strict):
    return signed_in(strict, make_user("admin", password=PASSWORD))


@pytest.fixture
def thief(strict, person):
    return signed_in(strict, person.user)


def opens_nothing(browser):
    for page in PAGES:
        assert browser.get(page, 303).location.startswith("/login?"), page
    token = browser.token("/login")
    for page in ("/account/password", "/account/authenticator", "/account/passkeys/options"):
        answer = browser.client.post(page, data={"csrf_token": token})
        assert answer.location.startswith("/login"), page


class TestThief:
    @pytest.mark.parametrize("way", [enrol, register])
    def test_is_out_once_the_person_sets_up_a_factor(self, person, thief, way):
        way(person)
        opens_nothing(thief)
        assert person.get("/tenants").words
        # What they can reach is the second step, which they do not pass.
        give_password(thief)
        enter(thief, "abcdef", 422)
        opens_nothing(thief)
        assert_history_holds()

    def test_opens_nothing_even_where_their_session_was_left_open(self, person, thief, monkeypatch):
        def only_renew(_user, hashed, proven):
            return sessions.Kept(sessions.renew_session(hashed, proven), 0)

        monkeypatch.setattr(factor_changes.sessions, "keep_only", only_renew)
        enrol(person)
        opens_nothing(thief)
        assert person.get("/tenants").words

    def test_cannot_set_up_a_factor_of_their_own_afterwards(self, person, thief):
        page = thief.get("/account/authenticator")
        asked = confirmed(thief)
        enrol(person)
        before = factor_rows()
        thief.submit(page, 303, code="123456", current_password=PASSWORD)
        data = {"csrf_token": thief.token("/login"), "name": "Mine", "credential": "{}"}
        assert asked["challenge"]
        thief.post("/account/passkeys", data, 303)
        assert factor_rows() == before

    def test_with_a_copy_of_the_cookie_is_out_as_well(self, strict, person):
        copy = strict.test_client()
        copy.set_cookie("session", person.client.get_cookie("session").value)
        enrol(person)
        assert copy.get("/account").location.startswith("/login")


class TestSession:
    def test_says_which_factors_it_passed(self, person):
        assert passed() == ["password"]
        enrol(person)
        assert passed()[-1] == "authenticator code,password"
        register(person, 303)
        assert passed()[-1] == "authenticator code,passkey,password"

    def test_of_a_copied_row_is_judged_by_what_it_passed(self, person, thief):
        enrol(person)
        with write_transaction():
            for session in db.session.scalars(select(UserSession)):
                session.revise_sealed(ended_at=None)
        opens_nothing(thief)


class TestChanges:
    def changes(self, browser):
        """Every change of the ways in, with what it needs."""
        enrol(browser)
        yield "An authenticator app was added."
        register(browser, 303)
        yield "A passkey was added."
        browser.post_form("/account/recovery-codes", 200, **confirmation(browser))
        yield "New recovery codes were created."

    def test_tell_the_person(self, person):
        for words in self.changes(person):
            page = person.get("/account")
            assert f"{words} All other sessions were signed out." in page.words_of("notices")
            assert "Was this not you?" in page.words_of("notices")
        assert words.startswith("New recovery codes")

    def test_are_told_until_they_are_dismissed(self, person):
        enrol(person)
        notices = person.get("/tenants").by_id("notices")
        sent = {e.get("name"): e.get("value") for e in notices.iter("input")}
        assert person.post("/account/notices/dismiss", sent, 303).location.startswith("/tenants")
        page = person.get("/tenants")
        assert not page.has("notices")
        assert "An authenticator app was added." in person.get("/account").words

    def test_of_somebody_else_cannot_be_dismissed(self, strict, person):
        enrol(person)
        other = signed_in(strict, make_user("owner", password=PASSWORD))
        [(shown,)] = raw.rows("SELECT id FROM account_notices")
        sent = {"csrf_token": other.token(), "notice": [str(shown), "x"], "next": "//evil.example"}
        assert other.post("/account/notices/dismiss", sent, 303).location == "/account"
        assert raw.rows("SELECT dismissed_at FROM account_notices") == [(None,)]

    @pytest.mark.parametrize("code", ["", "abcdef"])
    def test_take_password_and_factor_of_a_session_that_passed_both(self, person, code):
        enrol(person)
        given = {"current_password": PASSWORD, "current_code": code, "assertion": ""}
        before = factor_rows()
        for page in ("/account/authenticator/remove", "/account/recovery-codes"):
            assert "current_code" in person.post_form(page, 422, **given).errors
        options(person, status=422, **given)
        assert factor_rows() == before

    def test_can_be_confirmed_by_a_passkey(self, person):
        key = register(person)
        # Browsers let the form go with an empty code then, and only then.
        assert person.get("/account/recovery-codes").control("current_code").get("required") is None
        asked = options(person, "/account/passkeys/confirm")
        assert len(asked["allowCredentials"]) == 1
        given = {"current_password": PASSWORD, "current_code": "", "assertion": key.used(asked)}
        person.post_form("/account/recovery-codes", 200, **given)
        assert actions()[-2:] == [Action.OWN_CONFIRMED, Action.USER_RECOVERY_CODES]
        # A challenge is good once.
        person.post_form("/account/recovery-codes", 422, **given)

    def test_cannot_be_confirmed_by_somebody_else_s_passkey(self, strict, person):
        register(person)
        other = signed_in(strict, make_user("owner", password=PASSWORD))
        theirs = register(other)
        asked = options(person, "/account/passkeys/confirm")
        given = {"current_password": PASSWORD, "current_code": "", "assertion": theirs.used(asked)}
        person.post_form("/account/recovery-codes", 422, **given)

    def test_say_what_confirmed_them(self, person):
        enrol(person)
        assert person.get("/account/recovery-codes").control("current_code").get("required")
        person.post_form("/account/recovery-codes", 200, **confirmation(person))
        assert said(bodies()[-2]) == "Confirmed a change of their own sign-in with a recovery code"


def passed():
    """The factors of every session, the one of now last."""
    query = "SELECT factors FROM user_sessions ORDER BY ended_at IS NULL, ended_at"
    return [factors for (factors,) in raw.rows(query)]


def factor_rows():
    tables = ("authenticators", "passkeys", "recovery_codes")
    return [raw.rows(f"SELECT * FROM {table}") for table in tables]
