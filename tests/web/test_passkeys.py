"""Passkeys as the server judges them; `tests/browser/test_sign_in.py` has the real browser."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests import raw
from tests.factories import make_user, revise
from tests.history import assert_audited, assert_history_holds
from tests.web import dom
from tests.web.factors import confirmation, enrol, give_password, sign_out
from tests.web.pages import PASSWORD, Browser
from tests.web.saved import actions, bodies
from tests.web.soft_key import PRESENT, SoftKey, text
from webui.accounts.factors.webauthn import challenges
from webui.core.extensions import db, write_transaction
from webui.history.narrative.sentences import Reader, sentence
from webui.history.record.actions import Action
from webui.history.record.guard import Unaudited
from webui.models import Passkey, UsedChallenge
from webui.models.columns import now

NOT_MADE = "could not be set up"


def said(body=None):
    return "".join(part.text for part in sentence(body or bodies()[-1], Reader()))


def options(browser, url="/account/passkeys/options", status=200, **data):
    answer = browser.client.post(url, data={"csrf_token": browser.token(), **data})
    assert answer.status_code == status, answer.text
    return answer.json


def register(browser, status=200, key=None, name="Laptop", **lies):
    """Adds a passkey; the key."""
    key = key or SoftKey()
    credential = key.made(confirmed(browser), **lies)
    data = {"csrf_token": browser.token(), "name": name, "credential": credential}
    browser.answer = answer = browser.post("/account/passkeys", data, status)
    if status == 200:
        codes = [dom.words(item) for item in dom.elements(answer.by_id("codes"), "li")]
        browser.codes = codes[::-1]
    return key


def confirmed(browser):
    """The options of a new passkey, after password and factor."""
    return options(browser, **confirmation(browser))


def sign_in(browser, key, status=303, asked=None, **lies):
    """Signs in with the key."""
    credential = key.used(asked or options(browser, "/login/passkey/options"), **lies)
    data = {"csrf_token": browser.token("/login"), "credential": credential, "next": ""}
    return browser.post("/login/passkey", data, status)


class TestRegistering:
    def test_the_first_one_brings_recovery_codes(self, admin):
        key = register(admin)
        assert len(dom.elements(admin.answer.by_id("codes"), "li")) == 10
        assert_audited(Action.USER_PASSKEY_ADDED, actor={"id": str(admin.user.id)})
        assert said() == "Set up the passkey Laptop"
        register(admin, 303, name="Phone")
        assert admin.answer.location == "/account"
        page = admin.get("/account")
        assert "Laptop" in page.words
        assert "Phone" in page.words
        assert text(key.id) in str(raw.rows("SELECT credential_id FROM passkeys"))
        assert_history_holds()

    def test_names_the_account_and_demands_the_person(self, admin):
        register(admin)
        asked = confirmed(admin)
        assert asked["rp"] == {"id": "localhost", "name": "Tenant Console"}
        assert asked["user"]["name"] == admin.user.username
        wanted = asked["authenticatorSelection"]
        assert (wanted["residentKey"], wanted["userVerification"]) == ("required", "required")
        assert len(asked["excludeCredentials"]) == 1

    @pytest.mark.parametrize(
        "lies",
        [
            {"flags": PRESENT},
            {"origin": "https://evil.example"},
            {"origin": "http://localhost:1"},
            {"challenge": text(b"another challenge entirely")},
        ],
    )
    def test_refuses_what_proves_nothing(self, admin, lies):
        register(admin, 422, **lies)
        assert NOT_MADE in admin.answer.errors["name"]
        assert raw.rows("SELECT count(*) FROM passkeys") == [(0,)]

    @pytest.mark.parametrize("junk", ["", "{}", "[]", "null", "1", '{"id": 1}', "\0", "x" * 40_000])
    def test_refuses_what_is_no_credential(self, admin, junk):
        confirmed(admin)
        data = {"csrf_token": admin.token(), "name": "Laptop", "credential": junk}
        assert NOT_MADE in admin.post("/account/passkeys", data, 422).errors["name"]

    def test_takes_an_answer_once(self, app, admin):
        asked = confirmed(admin)
        cookie = admin.client.get_cookie("session").value
        data = {"csrf_token": admin.token(), "name": "Laptop", "credential": SoftKey().made(asked)}
        admin.post("/account/passkeys", data, 200)
        admin.post("/account/passkeys", data, 422)
        # A copy of the cookie is worth nothing any more.
        admin.client.set_cookie("session", cookie)
        data["credential"] = SoftKey().made(asked)
        assert admin.post("/account/passkeys", data, 303).location.startswith("/login")

    def test_takes_no_answer_to_a_challenge_of_signing_in(self, admin):
        asked = confirmed(admin) | options(admin, "/login/passkey/options")
        data = {"csrf_token": admin.token(), "name": "Laptop", "credential": SoftKey().made(asked)}
        admin.post("/account/passkeys", data, 422)

    def test_does_not_take_over_somebody_else_s(self, admin, sign_in):
        key = register(admin)
        other = sign_in("support")
        register(other, 422, key)
        assert raw.rows("SELECT count(*) FROM passkeys") == [(1,)]

    def test_asks_for_the_password_whatever_the_session_s_age(self, admin):
        assert "current_password" in admin.get("/account/passkeys/new").fields
        wrong = options(admin, status=422, current_password="wrong wrong")
        said = "This is not your current password."
        assert wrong == {"field": "current_password", "message": said}
        options(admin, status=422)
        assert "challenge" in options(admin, current_password=PASSWORD)


class TestSigningIn:
    def test_takes_no_password_and_no_code(self, admin):
        enrol(admin)
        key = register(admin, 303)
        sign_out(admin)
        assert sign_in(admin, key).location == "/"
        assert admin.get("/account").words
        assert said() == "Signed in with a passkey"
        assert_audited(Action.SIGNED_IN, actor={"id": str(admin.user.id)})

    def test_password_alone_is_not_enough_any_more(self, admin):
        register(admin)
        sign_out(admin)
        give_password(admin)
        page = admin.get("/login/code")
        assert "Recovery code" in page.words
        assert dom.elements(page.tree, "button", data_passkey_to="/login/passkey")

    @pytest.mark.parametrize(
        "lies",
        [
            {"flags": PRESENT},
            {"origin": "https://evil.example"},
            {"challenge": text(b"another challenge entirely")},
            {"handle": b"somebody else 00"},
            {"count": 0},
        ],
    )
    def test_refuses_what_proves_nothing(self, admin, lies):
        key = register(admin)
        sign_out(admin)
        sign_in(admin, key)
        sign_out(admin)
        answer = sign_in(admin, key, 422, **lies)
        assert "This passkey did not work here." in answer.words
        assert_audited(Action.SIGN_IN_FAILED, outcome="failed", actor={"id": str(admin.user.id)})
        sign_in(admin, key, count=7)

    def test_refuses_one_that_is_not_known(self, browser):
        answer = sign_in(browser, SoftKey(), 422)
        assert "This passkey did not work here." in answer.words
        assert_audited(Action.SIGN_IN_FAILED, actor={"id": None})

    @pytest.mark.parametrize("junk", ["", "{}", "[]", "null", "\0", "x" * 20_000])
    def test_refuses_what_is_no_credential(self, browser, junk):
        options(browser, "/login/passkey/options")
        data = {"csrf_token": browser.token("/login"), "credential": junk}
        browser.post("/login/passkey", data, 422)

    def test_takes_an_answer_once_and_from_one_browser(self, app, admin):
        key = register(admin)
        sign_out(admin)
        asked = options(admin, "/login/passkey/options")
        cookie = admin.client.get_cookie("session").value
        thief = Browser(app.test_client(), set())
        options(thief, "/login/passkey/options")
        sign_in(thief, key, 422, asked)
        answer = key.used(asked)
        data = {"csrf_token": admin.token("/login"), "credential": answer}
        admin.post("/login/passkey", data, 303)
        admin.client.set_cookie("session", cookie)
        # A fresh signature: its sign count is right, only the challenge was used before.
        data |= {"csrf_token": admin.token("/login"), "credential": key.used(asked)}
        admin.post("/login/passkey", data, 422)

    def test_takes_no_answer_that_is_too_late(self, admin, monkeypatch):
        key = register(admin)
        sign_out(admin)
        asked = options(admin, "/login/passkey/options")
        later = now() + challenges.LASTS
        monkeypatch.setattr(challenges, "now", lambda: later)
        sign_in(admin, key, 422, asked)

    def test_is_closed_to_the_disabled_and_the_blocked(self, owner, tenant):
        key = register(owner)
        sign_out(owner)
        revise(tenant, Action.TENANT_STATUS, status="blocked")
        assert "This organisation is blocked" in sign_in(owner, key, 422).words
        assert owner.get("/account", 303).location.startswith("/login")

    def test_forgets_old_challenges(self, admin):
        register(admin)
        later = timedelta(hours=1)
        with write_transaction():
            for row in db.session.scalars(select(UsedChallenge)):
                row.expires_at = now() - later
        register(admin, 303)
        assert raw.rows("SELECT count(*) FROM used_challenges") == [(1,)]


class TestOnePasskey:
    def page_of(self, browser):
        return f"/account/passkeys/{db.session.scalars(select(Passkey.id)).one()}"

    def test_can_be_renamed(self, admin):
        register(admin)
        url = self.page_of(admin)
        data = {"csrf_token": admin.token(), "name": "  Grey laptop "}
        assert admin.post(url, data, 303).location == "/account"
        assert said() == "Renamed the passkey from Laptop to Grey laptop"
        with raw.unchanged():
            admin.post(url, data, 303)
            for wrong in ("", "x" * 61, "a\u202eb"):
                refused = admin.post(url, data | {"name": wrong}, 422)
                # Leaving the page asks: what was typed is not saved.
                [form] = dom.elements(refused.tree, "form", action=url)
                assert form.get("data-changed") is not None
            stale = admin.post(url, {"csrf_token": "stale", "name": "Red laptop"}, 400)
            [form] = dom.elements(stale.tree, "form", action=url)
            assert dom.fields(form)["name"] == ["Red laptop"]

    def test_is_removed_with_the_password_and_the_codes_with_the_last(self, admin):
        register(admin)
        url = self.page_of(admin)
        data = {"csrf_token": admin.token()} | confirmation(admin)
        admin.post(f"{url}/remove", data | {"current_password": "wrong wrong"}, 422)
        admin.post(f"{url}/remove", data | {"current_code": ""}, 422)
        admin.post(f"{url}/remove", data, 303)
        assert said() == "Removed the passkey Laptop"
        assert raw.rows("SELECT count(*) FROM recovery_codes") == [(0,)]
        admin.get(url, 404)
        sign_out(admin)
        assert admin.sign_in(admin.user.username).location == "/"

    def test_of_somebody_else_is_not_there(self, admin, sign_in):
        register(admin)
        url, other = self.page_of(admin), sign_in("support")
        token, before = other.token(), raw.rows("SELECT * FROM passkeys")
        other.get(url, 404)
        other.post(url, {"csrf_token": token, "name": "Mine"}, 404)
        other.post(f"{url}/remove", {"csrf_token": token, "current_password": PASSWORD}, 404)
        assert raw.rows("SELECT * FROM passkeys") == before

    def test_cannot_change_without_an_entry(self, admin):
        register(admin)
        for change in (
            lambda: setattr(db.session.scalars(select(Passkey)).one(), "name", "Mine"),
            lambda: setattr(db.session.scalars(select(Passkey)).one(), "public_key", "x"),
            lambda: db.session.delete(db.session.scalars(select(Passkey)).one()),
        ):
            with raw.unchanged(), pytest.raises(Unaudited), write_transaction():
                change()
        assert Action.USER_PASSKEY_ADDED in actions()


class TestRequired:
    def test_is_met_by_a_passkey(self, app_with):
        browser = Browser(app_with(require_mfa="staff").test_client(), set())
        browser.user = make_user("support", password=PASSWORD)
        browser.sign_in(browser.user.username)
        assert browser.get("/tenants", 303).location == "/account/authenticator"
        register(browser)
        assert browser.get("/tenants").words
