"""Signing in and out, and what a session is worth."""

import dataclasses
import re

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from tests import raw
from tests.factories import make_tenant, make_user, revise
from tests.history import assert_audited, count_entries
from tests.web import dom
from tests.web.factors import enrol, sign_out
from tests.web.pages import HTMX, PASSWORD, Browser, tenant_url
from tests.web.saved import actions, fresh
from webui import values
from webui.accounts import passwords
from webui.accounts.sign_in.routes import REFUSED
from webui.core.extensions import db
from webui.history.record.actions import Action
from webui.models import UserSession
from webui.models.columns import now


class TestSigningIn:
    def test_leads_to_the_list_and_is_recorded(self, app, browser):
        user = make_user("support", password=PASSWORD)
        answer = browser.sign_in(user.username)
        assert answer.location == "/"
        assert browser.get("/", 303).location == "/tenants"
        body = assert_audited(Action.SIGNED_IN, actor={"id": str(user.id), "role": "support"})
        assert (body["source"], body["address"], body["tenant"]) == ("ui", "127.0.0.1", None)
        assert body["request"]
        assert body["agent"]

    def test_leads_an_owner_to_the_own_tenant(self, sign_in):
        tenant = make_tenant(onboarded_at=now())
        owner = sign_in("owner", tenant)
        assert owner.get("/", 303).location == tenant_url(tenant)

    @pytest.mark.parametrize(
        "typed", ["Maria.Lopez", "MARIA.LOPEZ", "  maria.lopez ", "\u200bｍａｒｉａ.lopez\ufeff"]
    )
    def test_knows_the_name_in_any_case(self, browser, typed):
        make_user(username="Maria.Lopez", password=PASSWORD)
        browser.sign_in(typed)
        assert "Maria.Lopez" in browser.get("/tenants").words

    def test_leads_on_to_where_one_was_going(self, browser, tenant):
        user = make_user(password=PASSWORD)
        wanted = "/tenants?q=%D9%85%D8%B5%D8%B1&sort=-name"
        target = browser.get(wanted, 303).location
        assert target.startswith("/login?next=")
        answer = browser.post_form(target, 303, username=user.username, password=PASSWORD)
        assert answer.location == wanted

    def test_again_leads_on_at_once(self, admin):
        assert admin.get("/login?next=/tenants/new", 303).location == "/tenants/new"
        assert admin.get("/login", 303).location == "/tenants"

    def test_by_htmx_loads_the_next_page_whole(self, browser):
        user = make_user(password=PASSWORD)
        form = browser.get("/login?next=/tenants/new")
        answer = browser.submit(form, 200, htmx=True, username=user.username, password=PASSWORD)
        assert answer.headers["HX-Redirect"] == "/tenants/new"
        assert answer.text == ""


class TestEmailAddress:
    @pytest.mark.both_databases
    @pytest.mark.parametrize(
        "typed", ["Zoë@Example.com", "zoe\u0308@example.COM", "  ZOË@example.com "]
    )
    def test_signs_in_like_the_username(self, browser, typed):
        user = make_user(username="zoe.k", email="Zoë@Example.com", password=PASSWORD)
        browser.sign_in(typed, "wrong wrong", 422)
        actor = {"id": str(user.id), "name": "zoe.k"}
        assert_audited(Action.SIGN_IN_FAILED, outcome="failed", actor=actor)
        browser.sign_in(typed)
        assert_audited(Action.SIGNED_IN, actor=actor)

    @pytest.mark.both_databases
    def test_of_several_accounts_is_answered_like_a_wrong_password(self, browser):
        people = [
            make_user(email=email, password=PASSWORD)
            for email in ("Ada@b.example", "ada@B.example")
        ]
        refused = browser.sign_in("ada@b.example", PASSWORD, 422)
        body = assert_audited(Action.SIGN_IN_FAILED, outcome="failed", actor={"id": None})
        assert "ada@" not in str(body).casefold()
        wrong = browser.sign_in(people[0].username, "wrong wrong", 422)
        assert refused.errors == wrong.errors == {"username": REFUSED, "password": REFUSED}
        for person in people:
            browser.client.delete_cookie("session")
            browser.sign_in(person.username)

    def test_leads_past_neither_disabling_nor_blocking_nor_a_code(self, browser, sign_in):
        disabled = make_user(password=PASSWORD, active=False)
        browser.sign_in(disabled.email, PASSWORD, 422)
        blocked = make_user("owner", make_tenant(status="blocked"), PASSWORD)
        assert "is blocked" in browser.sign_in(blocked.email, PASSWORD, 422).words
        assert db.session.scalars(select(UserSession)).all() == []
        careful = sign_in("support")
        enrol(careful)
        sign_out(careful)
        assert careful.sign_in(careful.user.email).location.startswith("/login/code")

    def test_is_no_username_so_neither_can_be_taken_for_the_other(self):
        with pytest.raises(values.Refused):
            values.username("ada@b.example")


class TestForgotten:
    @pytest.mark.parametrize(
        ("contact", "whom"), [("", "our support team"), ("help@console.example",) * 2]
    )
    def test_password_or_second_factor_says_whom_to_ask(self, make_app, contact, whom):
        app = make_app(support_contact=contact)
        person = Browser(app.test_client(), set())
        page = person.get("/login")
        assert f"Forgot your password? Ask {whom} for a link" in page.words
        assert "Staff ask an admin." in page.words
        person.user = make_user(password=PASSWORD)
        person.sign_in(person.user.username)
        enrol(person)
        sign_out(person)
        code = person.get(person.sign_in(person.user.username).location)
        assert f"Lost your second factor and the recovery codes? Ask {whom}." in code.words


class TestRefusal:
    def test_says_the_same_whatever_is_wrong(self, browser):
        known = make_user(password=PASSWORD)
        disabled = make_user(password=PASSWORD, active=False)
        tries = [
            (known.username, PASSWORD + "r"),
            (known.username, ""),
            (known.username, PASSWORD[:-1]),
            (known.username, "x" * 5_000),
            (disabled.username, PASSWORD),
            ("nobody", PASSWORD),
            ("", PASSWORD),
            (disabled.email, PASSWORD),
            (known.email, PASSWORD + "r"),
            ("nobody@example.com", PASSWORD),
            ("@", PASSWORD),
            ("a@b.example, c@d.example", PASSWORD),
            ("no such\0name", PASSWORD),
            ("' OR 1=1 --", PASSWORD),
            ("ünïcode", PASSWORD),
            ("u" * 5_000, PASSWORD),
        ]
        said = set()
        for username, password in tries:
            answer = browser.sign_in(username, password, 422)
            assert answer.errors == {"username": REFUSED, "password": REFUSED}
            assert answer.field("password") == ""
            said.add(re.sub(r"Sign in.*", "", answer.words))
        assert len(said) == 1
        assert db.session.scalars(select(UserSession)).all() == []

    def test_keeps_the_username_and_where_one_was_going(self, browser):
        form = browser.get("/login?next=/tenants/new")
        answer = browser.submit(form, 422, username="maria", password="wrong")
        assert (answer.field("username"), answer.field("next")) == ("maria", "/tenants/new")

    def test_of_a_repeated_field_is_no_sign_in(self, browser):
        user = make_user(password=PASSWORD)
        answer = browser.sign_in([user.username, user.username], PASSWORD, 422)
        assert answer.errors

    def test_takes_as_long_for_a_name_that_is_nobodys(self, browser, monkeypatch):
        known = make_user(password=PASSWORD)
        disabled = make_user(password=PASSWORD, active=False)
        hashed = []
        verify = PasswordHasher.verify
        monkeypatch.setattr(
            PasswordHasher, "verify", lambda *given: hashed.append(given[1]) or verify(*given)
        )
        names = (known.username, known.email, disabled.email, "nobody", "nobody@example.com")
        for name in names:
            browser.sign_in(name, "wrong wrong", 422)
        assert len(hashed) == len(names)

    def test_is_recorded_for_an_account(self, browser):
        user = make_user(password=PASSWORD)
        disabled = make_user(password=PASSWORD, active=False)
        for person, password in ((user, "wrong wrong"), (disabled, PASSWORD)):
            browser.sign_in(person.username, password, 422)
            actor = {"id": str(person.id), "name": person.username, "role": "admin"}
            body = assert_audited(Action.SIGN_IN_FAILED, outcome="failed", actor=actor)
            assert body["address"] == "127.0.0.1"

    def test_of_no_account_is_recorded_without_what_was_typed(self, browser):
        browser.sign_in("my-password-in-the-wrong-box", "x", 422)
        body = assert_audited(Action.SIGN_IN_FAILED, outcome="failed", actor={"id": None})
        assert "my-password" not in str(body)

    def test_by_htmx_comes_as_one_could_swap_it(self, browser):
        user = make_user(password=PASSWORD)
        form = browser.get("/login")
        answer = browser.client.post(
            "/login",
            data=form.fields | {"username": [user.username], "password": ["wrong"]},
            headers=HTMX,
        )
        assert answer.status_code == 422
        assert "<html" not in answer.text


class TestBlockedTenant:
    def test_is_told_after_the_right_password_only(self, browser):
        tenant = make_tenant()
        owner = make_user("owner", tenant, PASSWORD)
        revise(tenant, Action.TENANT_STATUS, status="blocked")
        assert "blocked" not in browser.sign_in(owner.username, "wrong wrong", 422).words
        answer = browser.sign_in(owner.username, PASSWORD, 422)
        assert "This organisation is blocked" in answer.words
        assert db.session.scalars(select(UserSession)).all() == []
        assert_audited(Action.SIGN_IN_FAILED, outcome="failed", actor={"id": str(owner.id)})

    def test_names_whom_to_ask(self, app, browser, config):
        app.extensions["webui_config"] = dataclasses.replace(
            config, support_contact="help@console.example"
        )
        owner = make_user("owner", make_tenant(status="blocked"), PASSWORD)
        assert "help@console.example" in browser.sign_in(owner.username, status=422).words

    def test_ends_its_owners_sessions(self, owner, tenant):
        owner.get(tenant_url(tenant))
        revise(tenant, Action.TENANT_STATUS, status="blocked")
        assert owner.get(tenant_url(tenant), 303).location.startswith("/login")

    def test_leaves_owners_of_a_closed_one_in(self, sign_in):
        tenant = make_tenant(status="inactive")
        assert "Inactive" in sign_in("owner", tenant).get(tenant_url(tenant)).words


class TestPassword:
    def test_is_stored_as_argon2id_by_owasp(self, app, config):
        app.extensions["webui_config"] = dataclasses.replace(config, password_cost="owasp")
        user = make_user(password=PASSWORD)
        assert fresh(user).password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert passwords.password_fits(user.password_hash, PASSWORD)


ELSEWHERE = [
    *("//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example"),
    *("https://evil.example", "HTTPS:evil.example", "javascript:alert(1)", "evil"),
    *("/\t/evil.example", "/\n/evil.example", " //evil.example", "/ok\r\nX: y", "/a b"),
    *("/\0", "/\x7f", "/%0a/../..\\evil", "http:/evil.example", "@evil.example"),
]


class TestNext:
    def test_leads_off_nowhere(self, browser):
        user = make_user(password=PASSWORD)
        for target in ELSEWHERE:
            browser.client.delete_cookie("session")
            data = {"csrf_token": browser.token("/login"), "username": user.username}
            answer = browser.post("/login", data | {"password": PASSWORD, "next": target}, 303)
            assert answer.location == "/", target
            again = browser.client.get("/login", query_string={"next": target})
            assert again.location == "/tenants", target

    def test_is_offered_in_the_form_only_when_it_is_a_path_of_ours(self, browser):
        for target in ELSEWHERE:
            page = browser.client.get("/login", query_string={"next": target})
            assert 'name="next" type="hidden" value=""' in page.text, target


class TestCsrf:
    def test_token_is_needed_to_sign_in(self, browser):
        user = make_user(password=PASSWORD)
        form = browser.get("/login")
        before = count_entries()
        for token in (None, "", "forged", ["a", "b"]):
            person = {"username": user.username, "password": PASSWORD}
            answer = browser.submit(form, 400, **person, csrf_token=token)
            main = dom.elements(answer.tree, "main")[0]
            assert "again" in dom.words(main), f"{token}: nothing says what to do"
        assert count_entries() == before

    def test_token_of_another_browser_is_refused(self, app, admin, sign_in, tenant):
        other = sign_in("admin").token()
        with raw.unchanged():
            admin.edit(tenant, "organisation", 400, name="Taken over", csrf_token=other)

    def test_token_is_needed_to_sign_out(self, admin):
        admin.post("/logout", {}, 400)
        assert admin.get("/tenants").words

    def test_is_judged_after_the_role(self, sign_in, tenant):
        auditor = sign_in("auditor")
        with raw.only_asked():
            auditor.post(tenant_url(tenant, "billing"), {}, 403)
            auditor.post("/tenants/new", {}, 403)

    def test_is_judged_after_signing_in(self, browser, tenant):
        answer = browser.post(tenant_url(tenant, "billing"), {}, 303)
        assert answer.location.startswith("/login")
        assert Action.SIGN_IN_FAILED not in actions()


class TestPasswordManagers:
    @pytest.mark.parametrize(
        ("page", "hints"),
        [
            ("/login", {"username": "username", "password": "current-password"}),
            (
                "/account/password",
                {"current_password": "current-password", "password": "new-password"},
            ),
            (
                "/account/authenticator/remove",
                {"current_password": "current-password", "current_code": "one-time-code"},
            ),
            ("/account/recovery-codes", {"current_password": "current-password"}),
        ],
    )
    def test_are_told_what_each_field_is(self, admin, page, hints):
        enrol(admin)
        if page == "/login":
            sign_out(admin)
        answer = admin.get(page)
        assert {name: answer.control(name).get("autocomplete") for name in hints} == hints
        assert not any(answer.control(name).get("maxlength") for name in hints)
        assert dom.elements(answer.form(), "input", autocomplete="username")
