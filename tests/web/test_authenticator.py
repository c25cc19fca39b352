"""Authenticator apps and recovery codes: setting up, renewing, removing."""

import pytest
from sqlalchemy import select

from tests import raw
from tests.factories import make_user
from tests.history import assert_audited, assert_history_holds
from tests.web import dom
from tests.web.factors import Phone, enrol, enter, give_password, said, sign_out
from tests.web.pages import PASSWORD
from tests.web.saved import actions, bodies
from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action
from webui.history.record.guard import Unaudited
from webui.models import Authenticator, RecoveryCode, User
from webui.models.columns import now

pytestmark = [pytest.mark.through_the_page, pytest.mark.usefixtures("code_time")]


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
            answer = admin.submit(page, 422, code=wrong, current_password=PASSWORD)
            assert "code" in answer.errors
            assert answer.words_of("key") == page.words_of("key")
        assert raw.rows("SELECT count(*) FROM authenticators") == [(0,)]

    @pytest.mark.parametrize("setup", ["", "x", "e1.k1.AAAA"])
    def test_starts_over_when_the_secret_is_not_its_own(self, admin, sign_in, setup):
        theirs = sign_in("support").get("/account/authenticator")
        for wrong in (setup, theirs.field("setup")):
            page = admin.get("/account/authenticator")
            code = Phone(theirs.words_of("key")).code()
            answer = admin.submit(page, 422, setup=wrong, code=code, current_password=PASSWORD)
            assert "too old" in answer.errors["code"] or "was not sent" in answer.words
            assert answer.words_of("key") != theirs.words_of("key")

    def test_asks_for_the_password_whatever_the_session_s_age(self, admin):
        page = admin.get("/account/authenticator")
        code = Phone(page.words_of("key")).code()
        answer = admin.submit(page, 422, code=code, current_password="wrong wrong")
        assert answer.errors == {"current_password": "This is not your current password."}
        admin.submit(page, 422, code=code, current_password=None)
        enrol(admin)

    def test_twice_keeps_the_first(self, admin):
        pages = [admin.get("/account/authenticator") for _ in range(2)]
        code = Phone(pages[0].words_of("key")).code()
        admin.submit(pages[0], 200, code=code, current_password=PASSWORD)
        before = raw.rows("SELECT secret FROM authenticators")
        answer = admin.submit(pages[1], 303, code=Phone(pages[1].words_of("key")).code())
        assert answer.location == "/account"
        assert raw.rows("SELECT secret FROM authenticators") == before


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

    def test_can_be_made_anew_with_password_and_code(self, admin):
        phone, codes = enrol(admin)
        url, code = "/account/recovery-codes", phone.code()
        admin.post_form(url, 422, current_password="wrong wrong", current_code=code)
        admin.post_form(url, 422, current_password=PASSWORD, current_code="abcdef")
        admin.post_form(url, 422, current_password=PASSWORD)
        answer = admin.post_form(url, 200, current_password=PASSWORD, current_code=code)
        fresh = [dom.words(item) for item in dom.elements(answer.by_id("codes"), "li")]
        assert not set(fresh) & set(codes)
        assert said() == "Created new recovery codes"
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
        admin.submit(page, 422, current_password="wrong wrong", current_code=code)
        admin.submit(page, 422, current_password=PASSWORD, current_code="abcdef")
        admin.submit(page, 422, current_password=PASSWORD, current_code="")
        answer = admin.submit(page, 303, current_password=PASSWORD, current_code=code)
        assert answer.location == "/account"
        assert said() == "Removed the authenticator app"
        assert raw.rows("SELECT count(*) FROM recovery_codes") == [(0,)]
        sign_out(admin)
        assert admin.sign_in(admin.user.username).location == "/"

    def test_makes_a_guesser_wait(self, admin):
        phone, _ = enrol(admin)
        page = admin.get("/account/authenticator/remove")
        for _ in range(5):
            admin.submit(page, 422, current_password=PASSWORD, current_code="abcdef")
        admin.submit(page, 429, current_password=PASSWORD, current_code=phone.code())
        assert raw.rows("SELECT count(*) FROM authenticators") == [(1,)]

    def test_without_one_leads_to_the_account(self, admin):
        assert admin.get("/account/authenticator/remove", 303).location == "/account"
        assert admin.get("/account/recovery-codes", 303).location == "/account"


class TestSecretThatCannotBeRead:
    def test_still_lets_recovery_codes_in(self, app, admin):
        phone, codes = enrol(admin)
        sign_out(admin)
        raw.run(f"UPDATE authenticators SET secret = 'e1.k1.{'A' * 92}'")
        give_password(admin)
        enter(admin, phone.code(), 422)
        enter(admin, codes[0])


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
        admin.submit(page, 303, current_password=PASSWORD, current_code=phone.code())
        assert "Changed internal data" not in {said(body) for body in bodies()}
        assert Action.USER_AUTHENTICATOR in actions()
        assert db.session.get(User, admin.user.id)
