"""Links to choose a password: used once, told to nobody, and never past a second factor."""

import logging
import re
import threading
from datetime import timedelta

import pytest

from tests import raw
from tests.factories import an_actor, make_user, revise
from tests.history import assert_audited, assert_history_holds, last_body
from tests.raw import rows
from tests.web.pages import PASSWORD, REASON, Browser
from webui.accounts.sign_in import authentication
from webui.core.extensions import db, write_transaction
from webui.crypto import totp
from webui.history.record.actions import Action
from webui.history.record.log import record
from webui.links import operations
from webui.models import AccountLink, Authenticator, User
from webui.models.columns import Audited
from webui.models.link import LIFETIMES, LinkKind
from webui.models.tenant.tenant import Change
from webui.models.user import NO_PASSWORD
from webui.rate_limits import try_limits
from webui.web.redaction import hide_secrets

NEW = "a brand new passphrase"


def path_of(answer):
    """The path of the link that a page shows once."""
    return answer.words_of("link-text").removeprefix("http://localhost")


@pytest.fixture
def reset(admin, sign_in, tenant):
    """An owner with a session, and a reset link for them."""
    owner = sign_in("owner", tenant)
    path = path_of(admin.post_form(f"/users/{owner.user.id}/link", 200, reason=REASON))
    return owner, path


@pytest.fixture
def invitation(admin):
    """An invited auditor, and the link."""
    user = make_user("auditor", password_hash=NO_PASSWORD, username="nia.obi")
    return user, path_of(admin.post_form(f"/users/{user.id}/link", 200, reason=REASON))


def gone(browser, path):
    answer = browser.get(path, 404)
    assert "This link does not work any more" in answer.words
    return answer


class TestInvitation:
    def test_leads_to_a_password_and_signs_in(self, browser, invitation):
        user, path = invitation
        page = browser.get(path)
        assert "nia.obi" in page.text
        assert browser.submit(page, 303, password=NEW).location == "/"
        assert browser.get("/users").status == 200
        [entry] = rows("SELECT body FROM audit_entries WHERE action = 'user.password.set'")
        assert '"password":[null,"set"]' in entry[0]
        assert_audited(Action.SIGNED_IN, actor={"id": str(user.id)})
        gone(browser, path)
        assert_history_holds()

    def test_replaces_whoever_was_signed_in(self, sign_in, invitation):
        support = sign_in("support")
        _, path = invitation
        support.post_form(path, 303, password=NEW)
        assert "nia.obi" in support.get("/tenants").words

    def test_of_a_blocked_organisation_does_not_sign_in(self, admin, browser, tenant):
        owner = make_user("owner", tenant, password_hash=NO_PASSWORD)
        path = path_of(admin.post_form(f"/users/{owner.id}/link", 200, reason=REASON))
        revise(tenant, Action.TENANT_STATUS, status="blocked")
        assert browser.post_form(path, 303, password=NEW).location == "/login"
        assert "This organisation is blocked" in browser.sign_in(owner.username, NEW, 422).words


class TestReset:
    def test_ends_all_sessions_and_signs_nobody_in(self, browser, reset):
        owner, path = reset
        answer = browser.post_form(path, 303, password=NEW)
        assert answer.location == "/login"
        assert "Your password is set. Sign in with it now." in browser.get("/login").words
        browser.get("/tenants", 303)
        owner.get(f"/tenants/{owner.user.tenant_id}", 303)
        body = assert_audited(Action.USER_PASSWORD_SET, actor={"id": str(owner.user.id)})
        assert body["changes"]["password"] == ["set", "replaced"]
        assert body["changes"]["ended_sessions"] == [None, 1]
        browser.sign_in(owner.user.username, PASSWORD, 422)
        browser.sign_in(owner.user.username, NEW)
        assert_history_holds()

    def test_leaves_the_old_password_until_it_is_used(self, browser, reset):
        owner, _ = reset
        browser.sign_in(owner.user.username)

    def test_is_told_in_the_tenant_s_history(self, reset):
        owner, _ = reset
        history = owner.get(f"/tenants/{owner.user.tenant_id}").words_of("history")
        assert f"Support team Issued a reset link for {owner.user.username}" in history
        assert REASON not in history


class TestEveryLink:
    @pytest.mark.parametrize(
        ("password", "words"),
        [
            ("short", "Use 12 to 72 characters."),
            ("x" * 73, "Use 12 to 72 characters."),
            ("password1234", "one of the first"),
            (None, "was not sent"),
        ],
    )
    def test_keeps_working_after_a_refused_password(self, browser, invitation, password, words):
        _, path = invitation
        answer = browser.post_form(path, 422, password=password)
        assert words in answer.errors["password"]
        # The hint says nothing that the error says already.
        assert answer.words.count("to 72 characters") == words.count("to 72 characters")
        browser.submit(answer, 303, password=NEW)

    def test_is_not_used_up_by_reading(self, browser, invitation):
        _, path = invitation
        with raw.unchanged():
            for _ in range(20):
                browser.get(path)
            browser.client.head(path)
        browser.post_form(path, 303, password=NEW)

    def test_that_does_not_work_says_nothing_of_why(self, admin, browser, invitation, reset):
        _, used = invitation
        page = browser.get(used)
        Browser(browser.client.application.test_client(), set()).post_form(used, 303, password=NEW)
        owner, replaced = reset
        fresh = path_of(admin.post_form(f"/users/{owner.user.id}/link", 200, reason=REASON))
        of_the_other_kind = fresh.replace("/reset/", "/invitation/")
        never = "/reset/" + "A" * 43
        found = [gone(browser, path) for path in (used, replaced, of_the_other_kind, never)]
        # The page says the time at which it was made.
        texts = {re.sub(r'data-now="[^"]+"', "", page.text) for page in found}
        assert len(texts) == 1
        before = rows("SELECT password_hash FROM users ORDER BY id")
        for path in (used, replaced, never):
            browser.post(path, {**page.fields, "password": [NEW]}, 404)
        assert rows("SELECT password_hash FROM users ORDER BY id") == before

    def test_expires(self, browser, invitation):
        _, path = invitation
        with write_transaction():
            [link] = db.session.query(AccountLink).filter(AccountLink.ended_at.is_(None))
            lived = LIFETIMES[LinkKind.INVITATION]
            assert link.expires_at - link.created_at == lived == timedelta(hours=72)
            link.expires_at -= lived
        gone(browser, path)

    def test_of_a_disabled_account_is_void_for_ever(self, admin, browser, reset):
        owner, path = reset
        for _ in range(2):
            admin.post_form(f"/users/{owner.user.id}/status", 303, reason=REASON)
            gone(browser, path)
        assert "Enabled the account" in admin.get(f"/users/{owner.user.id}").words

    def test_is_stored_as_a_hash_only(self, admin, invitation, reset):
        tokens = {path.rsplit("/", 1)[-1] for _, path in (invitation, reset)}
        assert {len(token) for token in tokens} == {43}
        content = repr(raw.everything())
        assert [token for token in tokens if token in content] == []
        assert repr(operations.Issued(LinkKind.RESET, "t", None)) == "<Issued reset>"

    def test_is_shown_once(self, admin, reset):
        owner, path = reset
        assert path not in admin.get(f"/users/{owner.user.id}").text
        assert path not in admin.get(f"/users/{owner.user.id}/link").text

    @pytest.mark.both_databases
    def test_works_for_one_of_two_at_once(self, app, reset):
        _, path = reset
        token = path.rsplit("/", 1)[-1]
        start, outcomes = threading.Barrier(2), []

        def use(password):
            with app.app_context():
                start.wait()
                try:
                    operations.choose_password(LinkKind.RESET, token, password, an_actor())
                    outcomes.append("set")
                except operations.Gone:
                    outcomes.append("gone")

        threads = [threading.Thread(target=use, args=(f"{NEW} {n}",)) for n in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["gone", "set"]
        assert len(rows("SELECT seq FROM audit_entries WHERE action = 'user.password.set'")) == 1
        assert_history_holds()

    @pytest.mark.both_databases
    def test_leaves_no_session_to_who_signs_in_with_the_old_password_meanwhile(
        self, app, reset, monkeypatch
    ):
        owner, path = reset
        outcomes = []

        def sign_in():
            with app.app_context():
                outcomes.append(authentication.sign_in(owner.user.username, PASSWORD, an_actor()))

        meanwhile = threading.Thread(target=sign_in)
        end_all = operations.sessions.end_sessions

        def end_all_then_sign_in(user):
            ended = end_all(user)
            meanwhile.start()
            # It cannot end before this transaction does; without the lock it would.
            meanwhile.join(timeout=0.5)
            return ended

        monkeypatch.setattr(operations.sessions, "end_sessions", end_all_then_sign_in)
        token = path.rsplit("/", 1)[-1]
        operations.choose_password(LinkKind.RESET, token, NEW, an_actor())
        meanwhile.join()
        assert outcomes == [authentication.REFUSED]
        assert rows("SELECT count(*) FROM user_sessions WHERE ended_at IS NULL") == [(1,)]

    def test_is_a_fragment_for_htmx(self, browser, invitation):
        _, path = invitation
        assert "<html" not in browser.get(path, htmx=True).text
        answer = browser.post_form(path, 200, htmx=True, password=NEW)
        assert answer.headers["HX-Redirect"] == "/"
        assert "<html" not in browser.get(path, 404, htmx=True).text

    def test_tries_are_limited_per_address(self, browser, invitation):
        _, path = invitation
        page = browser.get(path)
        sent = {**page.fields, "password": [NEW]}
        for number in range(try_limits.LINK.free):
            browser.post(f"/reset/{number:043}", sent, 404)
        answer = browser.post(path, sent, 429)
        assert "Too many attempts" in answer.words
        assert int(answer.headers["Retry-After"]) > 0

    def test_that_works_does_not_count(self, browser, invitation):
        _, path = invitation
        for _ in range(try_limits.LINK.free + 1):
            browser.post_form(path, 422, password="short")
        browser.post_form(path, 303, password=NEW)


class TestSecondFactor:
    def test_stays_in_front_of_a_new_password(self, browser, reset):
        owner, path = reset
        with write_transaction():
            user = db.session.get_one(User, owner.user.id)
            db.session.add(Authenticator(user.id, totp.new_secret(), 1))
            app = Change("authenticator", Audited.EVENT, None, "")
            record(Action.USER_AUTHENTICATOR, an_actor(), subject=user, changes=[app])
        assert browser.post_form(path, 303, password=NEW).location == "/login"
        answer = browser.sign_in(owner.user.username, NEW)
        assert answer.location.startswith("/login/code")
        browser.get(f"/tenants/{owner.user.tenant_id}", 303)
        assert rows("SELECT count(*) FROM authenticators") == [(1,)]

    def test_that_is_required_is_set_up_before_anything_else(self, app_with):
        app = app_with(require_mfa="staff")
        user = make_user("support", password_hash=NO_PASSWORD)
        with write_transaction():
            token = operations.issue_link_for(db.session.get_one(User, user.id), an_actor()).token
        browser = Browser(app.test_client(), set())
        browser.post_form(f"/invitation/{token}", 303, password=NEW)
        assert browser.get("/tenants", 303).location == browser.get("/users", 303).location
        assert browser.get("/tenants", 303).location.startswith("/account/")


class TestSilence:
    def test_no_referrer_leaves_the_page(self, browser, reset):
        _, path = reset
        for answer in (browser.get(path), browser.post_form(path, 422), gone(browser, "/reset/x")):
            assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert browser.get("/login").headers["Referrer-Policy"] == "same-origin"

    def test_the_form_works_under_https_without_a_referrer(self, browser, reset):
        _, path = reset
        base = {"base_url": "https://localhost"}
        page = browser.client.get(path, **base)
        token = page.text.split('name="csrf_token" type="hidden" value="')[1].split('"')[0]
        data = {"csrf_token": token, "password": NEW}
        site = {"Sec-Fetch-Site": "cross-site"}
        for headers, sent in ((site, data), ({}, {**data, "csrf_token": "forged"})):
            refused = browser.client.post(path, data=sent, headers=headers, **base)
            assert refused.status_code == 400
        assert browser.client.post(path, data=data, **base).status_code == 303

    def test_no_log_line_holds_the_token(self, browser, reset, caplog):
        _, path = reset
        caplog.set_level(logging.DEBUG)
        token = path.rsplit("/", 1)[-1]
        access, server = map(logging.getLogger, ("gunicorn.access", "gunicorn.error"))
        access.info("%(m)s %(U)s %(f)s", {"m": "GET", "U": path, "f": f"http://x{path}?a=b"})
        server.error("Error handling request %s", path)
        assert token not in caplog.text
        assert "GET /reset/[hidden] http://x/reset/[hidden]?a=b" in caplog.text
        assert "Error handling request /reset/[hidden]" in caplog.text
        browser.post_form(path, 303, password=NEW)
        assert token not in caplog.text

    def test_other_paths_are_logged_as_they_are(self):
        for text in ("GET /users/1/link 200", "POST /login", "/resetting/x", "nothing"):
            assert hide_secrets(text) == text

    def test_no_history_entry_holds_it(self, admin, reset):
        _, path = reset
        body = last_body()
        assert body["action"] == "user.reset_link.issued"
        assert path.rsplit("/", 1)[-1] not in repr(body)

    def test_links_lead_to_the_configured_origin(self, make_app):
        app = make_app(origin="https://console.example.org")
        user = make_user("admin", password=PASSWORD)
        other = make_user("support")
        browser = Browser(app.test_client(), set())
        browser.sign_in(user.username)
        answer = browser.post_form(f"/users/{other.id}/link", 200, reason=REASON)
        assert answer.words_of("link-text").startswith("https://console.example.org/reset/")


class TestSupport:
    def test_gives_owners_a_link_and_nobody_else(self, sign_in, reset):
        support = sign_in("support")
        owner, _ = reset
        colleague = make_user("auditor")
        support.post_form(f"/users/{owner.user.id}/link", 200, reason=REASON)
        support.get(f"/users/{colleague.id}/link", 404)
        data = {"csrf_token": support.token(), "reason": REASON}
        with raw.only_asked():
            support.post(f"/users/{colleague.id}/link", data, 404)

    def test_is_told_that_a_disabled_account_must_be_enabled(self, sign_in, tenant):
        owner = make_user("owner", tenant, active=False)
        support = sign_in("support")
        with raw.unchanged():
            answer = support.post_form(f"/users/{owner.id}/link", 409, reason=REASON)
        assert "Enable it first" in answer.words
