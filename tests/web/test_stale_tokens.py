"""A form whose CSRF token is missing or too old: never a bare 400, and nothing is done by it."""

import pytest

from tests import raw
from tests.factories import make_user
from tests.web import dom
from tests.web.factors import enrol, give_password
from tests.web.pages import HTMX, PASSWORD, REASON, Browser
from webui.accounts.sign_in.code_page import TOO_OLD as CODE_TOO_OLD
from webui.accounts.sign_in.sign_in_page import TOO_OLD
from webui.core.extensions import db
from webui.models import UserSession
from webui.models.user import NO_PASSWORD
from webui.web.posted.csrf import TOO_OLD as PAGE_TOO_OLD

STALE = pytest.mark.parametrize("token", [None, "stale"], ids=["missing", "stale"])
TYPED = {"organisation": "Typed Ltd", "email": "typed@example.com"}


def form_to(answer, action):
    """The fields of the only form of a page that is posted to an address."""
    [form] = dom.elements(answer.tree, "form", method="post", action=action)
    return dom.fields(form)


class TestSignIn:
    @STALE
    def test_comes_again_with_the_name_and_where_one_was_going(self, browser, token):
        user = make_user(password=PASSWORD)
        form = browser.get("/login?next=/tenants/new")
        changes = {"username": user.username, "password": PASSWORD}
        answer = browser.submit(form, 400, csrf_token=token, **changes)
        assert TOO_OLD in answer.words
        assert (answer.field("username"), answer.field("password")) == (user.username, "")
        assert raw.rows("SELECT count(*) FROM user_sessions") == [(0,)]
        assert browser.submit(answer, 303, **changes).location == "/tenants/new"

    @STALE
    @pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
    def test_of_the_same_person_goes_on_whatever_the_password(self, browser, token, htmx):
        user = make_user(password=PASSWORD)
        tabs = [browser.get("/login?next=/users"), browser.get("/login?next=/tenants?q=b")]
        browser.submit(tabs[0], 303, username=user.username, password=PASSWORD)
        for name in (user.username.upper(), user.email):
            with raw.unchanged():
                answer = browser.submit(
                    tabs[1], None, htmx=htmx, csrf_token=token, username=name, password="x"
                )
            assert answer.headers.get("HX-Redirect" if htmx else "Location") == "/tenants?q=b"

    @pytest.mark.parametrize("stale", [True, False])
    def test_of_another_person_says_who_is_signed_in_and_asks(self, browser, stale):
        one, two = make_user(password=PASSWORD), make_user(password=PASSWORD)
        tab = browser.get("/login?next=/users")
        browser.sign_in(one.username)
        token = "stale" if stale else browser.token()
        changes = {"username": two.username, "password": PASSWORD}
        with raw.unchanged():
            answer = browser.submit(tab, 400 if stale else 409, csrf_token=token, **changes)
        assert f"You are signed in as {one.username}" in answer.words
        assert (answer.field("username"), answer.field("password")) == (two.username, "")
        [link] = [a for a in dom.elements(answer.tree, "a") if "Go on as" in dom.words(a)]
        assert link.get("href") == "/users"
        assert browser.submit(answer, 303, **changes).location == "/users"
        assert two.username in browser.get("/account").words
        assert db.session.query(UserSession).filter_by(ended_at=None).one().user_id == two.id

    def test_of_another_site_is_refused_all_the_same(self, browser):
        answer = browser.post("/login", {"username": "x"}, 400, sec_fetch_site="cross-site")
        assert "Another site sent this form" in answer.words

    @STALE
    def test_by_passkey_gets_fields_to_try_again_with(self, browser, token):
        user = make_user(password=PASSWORD)
        data = {"csrf_token": token} if token else {}
        answer = browser.client.post("/login/passkey/options", data=data)
        assert answer.status_code == 400
        fields = answer.json["fields"]
        assert browser.client.post("/login/passkey/options", data=fields).json["challenge"]
        assert TOO_OLD in browser.post("/login/passkey", data, 400).words
        browser.sign_in(user.username)
        answer = browser.client.post("/login/passkey/options", data=data)
        assert user.username in answer.json["message"]
        ready = browser.client.post("/login/passkey/options", data=answer.json["fields"])
        assert ready.json["challenge"]
        unasked = {"csrf_token": answer.json["fields"]["csrf_token"], "credential": "{}"}
        answer = browser.post("/login/passkey", unasked, 409)
        assert f"You are signed in as {user.username}" in answer.words


class TestCode:
    @STALE
    def test_comes_again_or_goes_on_with_who_is_signed_in(self, app, sign_in, token):
        first = sign_in("support")
        _phone, codes = enrol(first)
        browser = Browser(app.test_client(), set())
        browser.user = first.user
        give_password(browser)
        form = browser.get("/login/code?next=/users")
        answer = browser.submit(form, 400, csrf_token=token, code=codes[0])
        assert CODE_TOO_OLD in answer.words
        assert (answer.field("code"), answer.field("next")) == ("", "/users")
        assert browser.submit(answer, 303, code=codes[0]).location == "/users"
        again = browser.submit(form, 303, csrf_token=token, code=codes[1])
        assert browser.get(again.location, 303).location == "/users"
        # Neither a password nor a session: sign in again.
        stranger = Browser(app.test_client(), set())
        answer = stranger.submit(form, 400, csrf_token=token, code=codes[1])
        assert TOO_OLD in answer.words
        assert answer.field("next") == "/users"


class TestSignUp:
    @STALE
    def test_comes_again_with_what_was_typed(self, browser, token):
        form = browser.get("/signup")
        changes = {**TYPED, "username": "typed.name", "password": "a new passphrase"}
        answer = browser.submit(form, 400, csrf_token=token, **changes)
        assert "too old" in answer.words
        assert answer.field("organisation") == "Typed Ltd"
        assert (answer.field("username"), answer.field("password")) == ("typed.name", "")
        assert raw.rows("SELECT count(*) FROM users") == [(0,)]
        browser.submit(answer, 303, password="a new passphrase")
        # A second click after the answer goes on; somebody else's form is kept.
        assert browser.submit(form, 303, csrf_token=token, **changes).location == "/"
        other = changes | {"username": "other.name"}
        answer = browser.submit(form, 400, csrf_token=token, **other)
        assert "You are signed in as typed.name" in answer.words
        assert answer.field("organisation") == "Typed Ltd"


class TestBar:
    @STALE
    def test_theme_can_be_chosen_again(self, admin, token):
        fields = {"theme": ["dark"], "next": ["/users?q=a"]} | (
            {"csrf_token": [token]} if token else {}
        )
        answer = admin.post("/theme", fields, 400)
        assert "out of date" in answer.words
        again = form_to(answer, "/theme") | {"theme": ["dark"]}
        assert admin.post("/theme", again, 303).location == "/users?q=a"
        part = admin.post("/theme", fields, 400, htmx=True)
        assert part.headers["HX-Reswap"] == "none"
        assert "out of date" in part.words
        [form] = dom.elements(part.parts["#theme-form"], "form")
        admin.post("/theme", dom.fields(form) | {"theme": ["light"]}, 200, htmx=True)

    @STALE
    def test_sign_out_says_who_is_signed_in(self, admin, token):
        answer = admin.post("/logout", {"csrf_token": token} if token else {}, 400)
        assert f"{admin.user.username} is still signed in" in answer.words
        main = dom.elements(answer.tree, "main")[0]
        [form] = dom.elements(main, "form", action="/logout")
        admin.post("/logout", dom.fields(form), 303)
        assert admin.get("/account", 303).location.startswith("/login")


class TestLinks:
    @STALE
    @pytest.mark.parametrize("kind", ["invitation", "reset"])
    def test_form_comes_again(self, browser, admin, kind, token, tenant):
        role = ("owner", tenant) if kind == "reset" else ("auditor",)
        user = make_user(*role, password=PASSWORD)
        if kind == "invitation":
            user = make_user("auditor", password_hash=NO_PASSWORD)
        page = admin.post_form(f"/users/{user.id}/link", 200, reason=REASON)
        path = page.words_of("link-text").removeprefix("http://localhost")
        form = browser.get(path)
        chosen = "a brand new passphrase"
        answer = browser.submit(form, 400, csrf_token=token, password=chosen)
        assert "too old" in answer.words
        assert answer.field("password") == ""
        browser.submit(answer, 303, password=chosen)


class TestOwnAccount:
    @STALE
    def test_page_comes_again_with_one_sentence(self, admin, token):
        enrol(admin)
        data = {"csrf_token": token} if token else {}
        for url in (
            "/account/preferences",
            "/account/time-zone",
            "/account/password",
            "/account/sessions/end",
            "/account/sessions/0/end",
            "/account/recovery-codes",
            "/account/authenticator/remove",
            "/account/passkeys",
        ):
            with raw.unchanged():
                answer = admin.post(url, data, 400)
            assert PAGE_TOO_OLD in answer.words, url
            assert dom.elements(dom.elements(answer.tree, "main")[0], "form", method="post")
        kept = admin.post("/account/preferences", data | {"time_zone": "Europe/Vienna"}, 400)
        assert form_to(kept, "/account/preferences")["time_zone"] == ["Europe/Vienna"]
        answer = admin.client.post("/account/passkeys/confirm", data=data, headers=HTMX)
        assert (answer.status_code, answer.json) == (400, {"message": PAGE_TOO_OLD})
