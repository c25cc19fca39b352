"""Authenticator apps and recovery codes: setting up, signing in, removing."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from tests import raw
from tests.factories import disable, make_tenant, make_user, revise
from tests.history import assert_audited, assert_history_holds
from tests.web import dom
from tests.web import factors as phone
from tests.web.factors import Phone, enrol, enter, give_password, sign_out
from tests.web.pages import HTMX, PASSWORD, Browser
from tests.web.saved import actions, bodies
from webui.accounts import factors, half, own, second_step
from webui.audit.actions import Action
from webui.audit.guard import Unaudited
from webui.audit.log import command_actor
from webui.audit.sentences import Reader, sentence
from webui.crypto.keyring import KeyRing, new_keyring_json
from webui.extensions import db, write_transaction
from webui.models import Authenticator, RecoveryCode, User, UserSession
from webui.models.columns import now

# A value that each kind of a route's parts accepts.
SAMPLES = {"uuid": str(uuid4()), "section": "billing", "step": "organisation"}


@pytest.fixture
def through_the_page():
    return True


@pytest.fixture(autouse=True)
def one_moment(monkeypatch):
    """Codes are made and judged at the same time, far from the end of a step."""
    moment = now().replace(second=15, microsecond=0)
    for module in (factors, phone):
        monkeypatch.setattr(module, "now", lambda: moment)


def said(body=None):
    """An entry as a sentence, the newest by default."""
    return "".join(part.text for part in sentence(body or bodies()[-1], Reader()))


def grow_old(length):
    """Every session was started earlier."""
    with write_transaction():
        for session in db.session.scalars(select(UserSession)):
            session.created_at -= length


class TestSettingUp:
    def test_shows_the_recovery_codes_once_and_keeps_only_hashes(self, admin):
        phone, codes = enrol(admin)
        assert_audited(Action.USER_AUTHENTICATOR, actor={"id": str(admin.user.id)})
        assert said() == "Set up an authenticator app"
        stored = str(raw.everything())
        assert phone.secret not in stored
        assert not any(code in stored or code.replace("-", "") in stored for code in codes)
        page = admin.get("/account")
        assert "10 of 10 are unused" in page.words
        assert admin.get("/account/authenticator", 303).location == "/account"
        assert_history_holds()

    def test_shows_a_picture_that_the_policy_allows_and_a_key(self, admin):
        page = admin.get("/account/authenticator")
        [picture] = dom.elements(page.by_id("authenticator"), "img")
        assert picture.get("src").startswith("data:image/svg+xml")
        assert page.control("code").get("autocomplete") == "one-time-code"

    def test_needs_a_code_that_fits(self, admin):
        page = admin.get("/account/authenticator")
        phone = Phone(page.words_of("key"))
        for wrong in ("", "abc", phone.code(2), phone.code(-2)):
            answer = admin.submit(page, 422, code=wrong)
            assert "code" in answer.errors
            assert answer.words_of("key") == page.words_of("key")
        assert raw.rows("SELECT count(*) FROM authenticators") == [(0,)]

    @pytest.mark.parametrize("setup", ["", "x", "e1.k1.AAAA"])
    def test_starts_over_when_the_secret_is_not_its_own(self, admin, sign_in, setup):
        theirs = sign_in("support").get("/account/authenticator")
        for wrong in (setup, theirs.field("setup")):
            page = admin.get("/account/authenticator")
            answer = admin.submit(page, 422, setup=wrong, code=Phone(theirs.words_of("key")).code())
            assert "too old" in answer.errors["code"] or "was not sent" in answer.words
            assert answer.words_of("key") != theirs.words_of("key")

    def test_asks_for_the_password_once_the_session_is_older(self, admin):
        assert "current_password" not in admin.get("/account/authenticator").fields
        grow_old(own.FRESH)
        page = admin.get("/account/authenticator")
        code = Phone(page.words_of("key")).code()
        answer = admin.submit(page, 422, code=code, current_password="wrong wrong")
        assert answer.errors == {"current_password": "This is not your current password."}
        admin.submit(page, 422, code=code, current_password=None)
        enrol(admin, current_password=PASSWORD)

    def test_twice_keeps_the_first(self, admin):
        pages = [admin.get("/account/authenticator") for _ in range(2)]
        admin.submit(pages[0], 200, code=Phone(pages[0].words_of("key")).code())
        before = raw.rows("SELECT secret FROM authenticators")
        answer = admin.submit(pages[1], 303, code=Phone(pages[1].words_of("key")).code())
        assert answer.location == "/account"
        assert raw.rows("SELECT secret FROM authenticators") == before


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
        assert answer.errors == {"code": second_step.WRONG}
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
        later = now() + half.LASTS
        monkeypatch.setattr(half, "now", lambda: later)
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
            own.change_password(owner.user.id, PASSWORD, "a stapled battery", actor, None)
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
        assert len(raw.rows("SELECT 1 FROM user_sessions")) == 2

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


class TestRecoveryCodes:
    @pytest.mark.parametrize("typed", [str, str.upper, lambda code: f" {code.replace('-', '')} "])
    def test_are_good_once(self, admin, typed):
        _, codes = enrol(admin)
        sign_out(admin)
        give_password(admin)
        admin.secrets.clear()
        enter(admin, typed(codes[3]), page="/login/code?with=recovery")
        assert said() == "Signed in with a recovery code"
        assert "9 of 10 are unused" in admin.get("/account").words
        sign_out(admin)
        give_password(admin)
        enter(admin, codes[3], 422)
        enter(admin, codes[4])

    def test_of_somebody_else_are_no_good(self, admin, sign_in):
        other = sign_in("support")
        _, theirs = enrol(other)
        enrol(admin)
        sign_out(admin)
        give_password(admin)
        enter(admin, theirs[0], 422)

    def test_can_be_made_anew_with_the_password(self, admin):
        _, codes = enrol(admin)
        admin.post_form("/account/recovery-codes", 422, current_password="wrong wrong")
        answer = admin.post_form("/account/recovery-codes", 200, current_password=PASSWORD)
        fresh = [dom.words(item) for item in dom.elements(answer.by_id("codes"), "li")]
        assert not set(fresh) & set(codes)
        assert said() == "Made new recovery codes"
        sign_out(admin)
        give_password(admin)
        enter(admin, codes[0], 422)
        enter(admin, fresh[0])


class TestRemoval:
    @pytest.mark.parametrize("by", ["app", "recovery code"])
    def test_needs_password_and_code(self, admin, by):
        phone, codes = enrol(admin)
        page = admin.get("/account/authenticator/remove")
        code = phone.code() if by == "app" else codes[0]
        admin.submit(page, 422, current_password="wrong wrong", code=code)
        admin.submit(page, 422, current_password=PASSWORD, code="abcdef")
        admin.submit(page, 422, current_password=PASSWORD, code="")
        answer = admin.submit(page, 303, current_password=PASSWORD, code=code)
        assert answer.location == "/account"
        assert said() == "Removed the authenticator app"
        assert raw.rows("SELECT count(*) FROM recovery_codes") == [(0,)]
        sign_out(admin)
        assert admin.sign_in(admin.user.username).location == "/"

    def test_without_one_leads_to_the_account(self, admin):
        assert admin.get("/account/authenticator/remove", 303).location == "/account"
        assert admin.get("/account/recovery-codes", 303).location == "/account"


class TestSecretThatCannotBeRead:
    def test_still_lets_recovery_codes_in(self, app, admin):
        phone, codes = enrol(admin)
        sign_out(admin)
        app.extensions["keyring"] = KeyRing.from_json(new_keyring_json())
        give_password(admin)
        enter(admin, phone.code(), 422)
        enter(admin, codes[0])


class TestRequired:
    @pytest.fixture
    def strict(self, make_app):
        return make_app(require_mfa="staff")

    def signed_in(self, app, role):
        browser = Browser(app.test_client(), set())
        browser.user = make_user(role, password=PASSWORD)
        browser.sign_in(browser.user.username)
        return browser

    @pytest.mark.parametrize("role", ["support", "admin", "auditor"])
    def test_sends_staff_to_enrolment_and_to_nothing_else(self, strict, role):
        browser = self.signed_in(strict, role)
        for rule in strict.url_map.iter_rules():
            view = strict.view_functions[rule.endpoint]
            if view.permission == "public" or getattr(view, "before_enrolment", False):
                continue
            url = re.sub(r"<(?:(\w+):)?\w+>", lambda m: SAMPLES.get(m[1], "x"), rule.rule)
            method = "GET" if "GET" in rule.methods else "POST"
            answer = browser.client.open(url, method=method)
            if answer.status_code != 403:
                assert (answer.status_code, answer.location) == (303, "/account/authenticator"), url
        htmx = browser.client.get("/account", headers=HTMX)
        assert htmx.headers["HX-Redirect"] == "/account/authenticator"
        page = browser.get("/account/authenticator")
        assert "Staff sign in with a second step" in page.words
        enrol(browser)
        assert browser.get("/account").words

    def test_leaves_owners_alone(self, strict):
        assert self.signed_in(strict, "owner").get("/account").words

    def test_takes_effect_on_the_next_request_after_a_reset(self, strict):
        browser = self.signed_in(strict, "support")
        enrol(browser)
        browser.get("/tenants")
        raw.run("DELETE FROM recovery_codes", "DELETE FROM authenticators")
        assert browser.get("/tenants", 303).location == "/account/authenticator"

    def test_lets_them_sign_out(self, strict):
        sign_out(self.signed_in(strict, "support"))


class TestGuard:
    def test_refuses_factors_without_an_entry(self, admin):
        enrol(admin)
        changes = [
            lambda: db.session.delete(db.session.scalars(select(Authenticator)).one()),
            lambda: setattr(db.session.scalars(select(Authenticator)).one(), "secret", "A" * 32),
            lambda: setattr(db.session.scalars(select(RecoveryCode)).first(), "used_at", now()),
            lambda: db.session.delete(db.session.scalars(select(RecoveryCode)).first()),
        ]
        for change in changes:
            with raw.unchanged(), pytest.raises(Unaudited), write_transaction():
                change()
        other = make_user().id
        with raw.unchanged(), pytest.raises(Unaudited), write_transaction():
            db.session.add(Authenticator(other, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", 1))

    def test_every_entry_of_this_has_a_sentence(self, admin):
        phone, _ = enrol(admin)
        page = admin.get("/account/authenticator/remove")
        admin.submit(page, 303, current_password=PASSWORD, code=phone.code())
        assert "Changed internal data" not in {said(body) for body in bodies()}
        assert Action.USER_AUTHENTICATOR in actions()
        assert db.session.get(User, admin.user.id)
