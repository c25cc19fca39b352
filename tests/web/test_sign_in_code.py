"""The code after the password: what lets in, what does not, and what is void."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests import raw
from tests.factories import disable, make_tenant, revise
from tests.history import assert_audited
from tests.web import dom
from tests.web.factors import enrol, enter, give_password, grow_old, said, sign_out
from tests.web.pages import HTMX, PASSWORD, Browser
from webui.accounts.self_service import own_account
from webui.accounts.sign_in import code_page, pending_sign_in
from webui.history.record.actions import Action
from webui.history.record.actor import command_actor
from webui.models.columns import now

pytestmark = [pytest.mark.through_the_page, pytest.mark.usefixtures("code_time")]


class TestSigningIn:
    def test_takes_password_and_code(self, admin):
        phone, _ = enrol(admin)
        sign_out(admin)
        answer = admin.post_form(
            "/login?next=/tenants/new", 303, username=admin.user.username, password=PASSWORD
        )
        assert answer.location == "/login/code?next=/tenants/new"
        assert admin.get("/tenants", 303).location.startswith("/login")
        page = admin.get(answer.location)
        assert page.control("code").get("autocomplete") == "one-time-code"
        assert admin.submit(page, 303, code=phone.code()).location == "/tenants/new"
        assert admin.get("/tenants").words
        assert said() == "Signed in with an authenticator code"

    def test_between_the_two_opens_nothing(self, admin):
        enrol(admin)
        sign_out(admin)
        sessions = raw.rows("SELECT count(*) FROM user_sessions")
        give_password(admin)
        assert raw.rows("SELECT count(*) FROM user_sessions") == sessions
        for url in ("/tenants", "/account", "/tenants/new"):
            assert admin.get(url, 303).location.startswith("/login?next=")
        assert admin.get("/", 303).location == "/login"

    @pytest.mark.parametrize("url", ["/login/code", "/login/code?next=/tenants"])
    def test_code_page_without_a_password_starts_at_the_beginning(self, browser, url):
        assert browser.get(url, 303).location.startswith("/login")
        data = {"csrf_token": browser.token(), "code": "123456"}
        assert browser.post("/login/code", data, 303).location == "/login"

    def test_accepts_a_code_once(self, admin, app):
        phone, _ = enrol(admin)
        code = phone.code()
        sign_out(admin)
        give_password(admin)
        enter(admin, code)
        sign_out(admin)
        give_password(admin)
        answer = enter(admin, code, 422)
        assert answer.errors == {"code": code_page.WRONG}
        # Nobody waits for the next recovery code.
        recovery = {"csrf_token": admin.token(), "code": "abcdef"}
        answer = admin.post("/login/code?with=recovery", recovery, 422)
        assert answer.errors == {"code": code_page.WRONG_RECOVERY}
        assert_audited(Action.CODE_REFUSED, outcome="failed", actor={"id": str(admin.user.id)})
        enter(admin, phone.code(1))

    def test_accepts_no_code_older_than_the_last(self, admin):
        phone, _ = enrol(admin)
        sign_out(admin)
        give_password(admin)
        enter(admin, phone.code(1))
        sign_out(admin)
        give_password(admin)
        enter(admin, phone.code(0), 422)

    @pytest.mark.parametrize(("shift", "status"), [(-2, 422), (0, 303), (1, 303), (2, 422)])
    def test_accepts_one_step_early_or_late(self, admin, shift, status):
        phone, _ = enrol(admin)
        sign_out(admin)
        give_password(admin)
        enter(admin, phone.code(shift), status)

    @pytest.mark.both_databases
    def test_of_two_at_once_with_one_code_lets_one_in(self, app, admin):
        phone, _ = enrol(admin)
        browsers = []
        for _ in range(2):
            browser = Browser(app.test_client(), set())
            browser.user = admin.user
            give_password(browser)
            browsers.append((browser, browser.token("/login/code")))
        code = phone.code()
        with ThreadPoolExecutor(2) as pool:
            statuses = list(
                pool.map(
                    lambda b: (
                        b[0]
                        .client.post(
                            "/login/code", data={"csrf_token": b[1], "code": code, "next": ""}
                        )
                        .status_code
                    ),
                    browsers,
                )
            )
        assert sorted(statuses) == [303, 422]

    def test_has_to_wait_after_five_wrong_codes(self, admin, app):
        phone, _ = enrol(admin)
        thief = Browser(app.test_client(), set())
        thief.user = admin.user
        give_password(thief)
        for _ in range(5):
            enter(thief, "abcdef", 422)
        answer = enter(thief, phone.code(), 429)
        assert "Wait 5 seconds" in answer.errors["code"]
        assert answer.headers["Retry-After"] == "5"
        sign_out(admin)
        give_password(admin)
        enter(admin, phone.code())

    def test_is_void_after_ten_minutes(self, admin, monkeypatch):
        phone, _ = enrol(admin)
        sign_out(admin)
        give_password(admin)
        code = phone.code()
        later = now() + pending_sign_in.LASTS
        monkeypatch.setattr(pending_sign_in, "now", lambda: later)
        assert admin.get("/login/code", 303).location == "/login"
        data = {"csrf_token": admin.token(), "code": code}
        assert admin.post("/login/code", data, 303).location == "/login"

    @pytest.mark.parametrize("change", ["password", "disabled", "blocked"])
    def test_is_void_after(self, sign_in, change):
        tenant = make_tenant()
        owner = sign_in("owner", tenant)
        phone, _ = enrol(owner)
        sign_out(owner)
        give_password(owner)
        page = owner.get("/login/code")
        name = owner.user.username
        if change == "blocked":
            revise(tenant, Action.TENANT_STATUS, status="blocked")
        elif change == "disabled":
            disable(name)
        else:
            actor = command_actor("ops")
            own_account.change_password(owner.user.id, PASSWORD, "a stapled battery", actor, None)
        answer = owner.submit(page, 303, code=phone.code())
        assert answer.location == "/login"
        assert owner.get("/account", 303).location.startswith("/login")

    def test_is_over_once_it_is_done(self, admin):
        phone, _ = enrol(admin)
        sign_out(admin)
        give_password(admin)
        page = admin.get("/login/code")
        admin.submit(page, 303, code=phone.code())
        assert admin.submit(page, 303, code=phone.code(1)).location == "/login"
        # The one that set the app up, its renewal, and the one of now.
        assert len(raw.rows("SELECT 1 FROM user_sessions")) == 3

    def test_by_htmx_asks_in_place_for_the_same_person(self, admin, tenant):
        phone, _ = enrol(admin)
        grow_old(timedelta(hours=13))
        answer = admin.get(f"/tenants/{tenant.id}/billing/edit", 401, htmx=True)
        fields = dom.fields(dom.elements(answer.tree, "form")[0])
        typed = fields | {"username": [admin.user.username], "password": [PASSWORD]}
        asked = admin.post("/login", typed, 200, htmx=True)
        assert "One more step" in asked.words
        code = dom.fields(dom.elements(asked.tree, "form")[0]) | {"code": ["000000"]}
        assert admin.post("/login/code", code, 422, htmx=True).words
        done = admin.client.post("/login/code", data=code | {"code": [phone.code()]}, headers=HTMX)
        assert done.headers["HX-Redirect"]
        assert admin.get("/tenants").words

    def test_leads_off_nowhere(self, admin):
        phone, _ = enrol(admin)
        for number, target in enumerate(("//evil.example", "/\\evil", "https://evil.example")):
            sign_out(admin)
            give_password(admin)
            page = admin.client.get("/login/code", query_string={"next": target})
            assert 'name="next" type="hidden" value=""' in page.text
            if number < 2:
                answer = admin.submit(
                    admin.get("/login/code"), 303, code=phone.code(number), next=target
                )
                assert answer.location == "/"
