"""What somebody who can write to the database, without any key, makes of tokens (point 2b)."""

import hashlib
import secrets
from dataclasses import replace

import pytest
from sqlalchemy import select

from tests import raw
from tests.factories import an_actor, make_user
from tests.web.factors import confirmation, enrol, enter, give_password, sign_out
from tests.web.pages import PASSWORD, Browser
from webui.accounts.sessions import sessions
from webui.core.extensions import db, is_sqlite, write_transaction
from webui.links import operations as links
from webui.models import User, UserSession
from webui.models.link import LinkKind

TOKEN = "a-token-that-the-writer-knows-and-whose-hash-they-can-compute"
PLAIN = hashlib.sha256(TOKEN.encode()).hexdigest()


pytestmark = pytest.mark.usefixtures("code_time")


def quoted(user):
    return f"'{user.id.hex}'" if is_sqlite() else f"'{user.id}'"


@pytest.fixture
def target(app):
    """Whom the writer wants to be."""
    return make_user("admin", password=PASSWORD)


@pytest.fixture
def writer(sign_in):
    """Somebody with a session of their own."""
    return sign_in("auditor")


class TestSession:
    @pytest.mark.parametrize(
        "change",
        [
            "user_id = {target}",
            "user_id = {target}, factors = 'passkey'",
            "factors = 'authenticator code,password'",
            "reset_by = 'nobody'",
            "created_at = '2999-01-01 00:00:00+00:00'",
            "seal = ''",
            "seal = NULL",
        ],
    )
    def test_that_was_rewritten_opens_nothing(self, writer, target, logged, change):
        assert writer.get("/account").words
        if change == "seal = NULL":
            raw.refused(f"UPDATE user_sessions SET {change}")
            return
        raw.run(f"UPDATE user_sessions SET {change.format(target=quoted(target))}")
        assert writer.get("/account", 303).location.startswith("/login")
        assert "a row of user_sessions of account" in logged()
        assert "carries no valid seal" in logged()

    def test_that_had_ended_does_not_begin_again(self, writer):
        cookie = writer.client.get_cookie("session").value
        sign_out(writer)
        raw.run("UPDATE user_sessions SET ended_at = NULL")
        writer.client.set_cookie("session", cookie)
        assert writer.get("/account", 303).location.startswith("/login")

    def test_that_was_added_by_hand_opens_nothing(self, writer, target):
        for hashed in (PLAIN, sessions.session_token_hash(TOKEN)):
            # The second is what only the key can make: even then the seal does not fit.
            raw.run("DELETE FROM user_sessions WHERE address = 'forged'")
            copied = {"token_hash": f"'{hashed}'", "user_id": quoted(target), "address": "'forged'"}
            raw.run(raw.copy_of("user_sessions", copied, where="address <> 'forged'"))
            with writer.client.session_transaction() as cookie:
                cookie["token"] = TOKEN
            assert writer.get("/account", 303).location.startswith("/login")

    def test_that_is_not_genuine_is_not_made_so_by_ending_it(self, app, writer):
        raw.run("UPDATE user_sessions SET factors = 'passkey'")
        with write_transaction():
            sessions.end_sessions(db.session.get_one(User, writer.user.id))
        [row] = db.session.scalars(select(UserSession))
        assert row.ended_at is not None
        assert not row.is_genuine()

    def test_is_void_under_another_secret_key(self, app, writer):
        assert writer.get("/account").words
        config = app.extensions["webui_config"]
        app.extensions["webui_config"] = replace(config, secret_key=secrets.token_hex(32))
        assert writer.get("/account", 303).location.startswith("/login")


class TestLink:
    @pytest.fixture
    def token(self, writer):
        """A reset link of the writer's own account."""
        with write_transaction():
            user = db.session.get_one(User, writer.user.id)
            return links.issue_link_for(user, an_actor()).token

    def works(self, browser, token, kind="reset"):
        return browser.client.get(f"/{kind}/{token}").status_code == 200

    @pytest.mark.parametrize(
        "change",
        [
            "user_id = {target}",
            "kind = 'invitation'",
            "expires_at = '2999-01-01 00:00:00+00:00'",
            "issued_by = 'nobody'",
            "token_hash = '{plain}'",
        ],
    )
    def test_that_was_rewritten_opens_nothing(self, app, target, token, logged, change):
        browser = Browser(app.test_client(), set())
        assert self.works(browser, token)
        raw.run(f"UPDATE account_links SET {change.format(target=quoted(target), plain=PLAIN)}")
        assert not any(self.works(browser, token, kind) for kind in LinkKind)
        assert not self.works(browser, TOKEN)
        if "token_hash" not in change:
            assert "a row of account_links of account" in logged()

    def test_that_was_used_does_not_work_again(self, app, writer, token):
        browser = Browser(app.test_client(), set())
        browser.post_form(f"/reset/{token}", 303, password="another long password")
        raw.run("UPDATE account_links SET ended_at = NULL")
        assert not self.works(browser, token)

    def test_that_was_added_by_hand_opens_nothing(self, app, target, token):
        for hashed in (PLAIN, links._hash(TOKEN)):
            copied = {"token_hash": f"'{hashed}'", "user_id": quoted(target)}
            raw.run(raw.copy_of("account_links", copied, where="issued_by = 'tester'"))
            assert not self.works(Browser(app.test_client(), set()), TOKEN)
            raw.run(f"DELETE FROM account_links WHERE token_hash = '{hashed}'")


class TestRecoveryCode:
    def test_that_was_used_is_not_good_again(self, admin):
        _, codes = enrol(admin)
        used = admin.codes[-1]
        admin.post_form("/account/recovery-codes", 200, **confirmation(admin))
        assert used == codes[0]
        self.sign_in(admin, codes[0], 422)

    def test_that_was_made_unused_is_no_good(self, admin, logged):
        _, codes = enrol(admin)
        self.sign_in(admin, codes[0], 303)
        raw.run("UPDATE recovery_codes SET used_at = NULL")
        self.sign_in(admin, codes[0], 422)
        assert "a row of recovery_codes of account" in logged()

    def test_of_the_writer_is_no_good_for_somebody_else(self, admin, sign_in):
        other = sign_in("auditor")
        _, mine = enrol(other)
        enrol(admin)
        raw.run(f"UPDATE recovery_codes SET user_id = {quoted(admin.user)}")
        self.sign_in(admin, mine[0], 422)

    def test_that_was_added_by_hand_is_no_good(self, admin):
        enrol(admin)
        mine = "aaaa-bbbb-cccc-dddd"
        plain = hashlib.sha256(f"{admin.user.id.hex} {mine.replace('-', '')}".encode()).hexdigest()
        raw.run(
            f"UPDATE recovery_codes SET code_hash = '{plain}' WHERE used_at IS NULL"
            " AND code_hash = (SELECT min(code_hash) FROM recovery_codes)"
        )
        self.sign_in(admin, mine, 422)

    def test_counts_only_those_that_are_good(self, admin):
        enrol(admin)
        raw.run(
            "UPDATE recovery_codes SET seal = ''"
            " WHERE code_hash = (SELECT min(code_hash) FROM recovery_codes)"
        )
        assert "9 of 10 are unused" in admin.get("/account").words

    def sign_in(self, browser, code, status):
        sign_out(browser)
        give_password(browser)
        browser.secrets.clear()
        enter(browser, code, status, page="/login/code?with=recovery")


def test_nothing_stored_is_a_plain_hash(writer):
    stored = str(raw.everything())
    with writer.client.session_transaction() as cookie:
        token = cookie["token"]
    assert hashlib.sha256(token.encode()).hexdigest() not in stored
    assert sessions.session_token_hash(token) in stored
