"""The session that a sign-in begins: its cookie, its end, and what counts at once."""

import re
from datetime import timedelta

from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select, update

from tests import raw
from tests.factories import disable, make_user
from tests.history import assert_audited
from tests.web.factors import grow_old
from tests.web.pages import PASSWORD, Browser
from webui.accounts.sessions import sessions
from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action
from webui.history.record.actor import command_actor
from webui.history.record.log import record
from webui.models import User, UserSession
from webui.models.columns import now


def move(**times):
    """Sets times of the only session."""
    with write_transaction():
        db.session.execute(update(UserSession).values(**times))


def only_session():
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(UserSession)).one()


def token_of(browser):
    """The session token in the browser's signed cookie."""
    cookie = browser.client.get_cookie("session")
    return URLSafeTimedSerializer("", "cookie-session").loads_unsafe(cookie.value)[1]["token"]


def copied(app, browser):
    """Another browser with the same cookie."""
    thief = app.test_client()
    thief.set_cookie("session", browser.client.get_cookie("session").value)
    return Browser(thief, set())


class TestCookie:
    def test_is_kept_from_scripts_and_other_sites(self, browser):
        user = make_user(password=PASSWORD)
        answer = browser.sign_in(user.username)
        cookies = answer.headers.getlist("Set-Cookie")
        found = {re.split("[=;]", cookie)[0]: re.split("; *", cookie)[1:] for cookie in cookies}
        assert found.keys() == {"session", "device"}
        for attributes in found.values():
            assert {"httponly", "path=/", "samesite=lax"} <= {a.lower() for a in attributes}
        assert not any("expires" in a.lower() for a in found["session"])

    def test_demands_https_in_production(self, make_app):
        app = make_app(environment="production")
        client = app.test_client()
        answer = client.get("/login", base_url="https://localhost")
        [cookie] = answer.headers.getlist("Set-Cookie")
        name, *attributes = re.split("; *", cookie)
        assert name.startswith("__Host-session=")
        assert {a.lower() for a in attributes} == {"secure", "httponly", "path=/", "samesite=lax"}

    def test_holds_a_token_of_which_only_the_hash_is_stored(self, admin):
        token = token_of(admin)
        assert len(token) >= 43
        assert only_session().token_hash == sessions.session_token_hash(token)
        assert token not in str(raw.everything())

    def test_changes_at_sign_in(self, app, sign_in):
        first = sign_in("support")
        stolen = token_of(first)
        page = first.get("/tenants/new")
        first.post("/logout", {"csrf_token": first.token()}, 303)
        second = make_user(password=PASSWORD)
        first.sign_in(second.username)
        assert token_of(first) != stolen
        first.submit(page, 400, name="Old form", reason="stale token")

    def test_that_was_tampered_with_is_nobodys(self, admin):
        value = admin.client.get_cookie("session").value
        admin.client.set_cookie("session", value[:-2] + ("AA" if value[-2:] != "AA" else "BB"))
        assert admin.get("/tenants", 303).location.startswith("/login")


class TestSession:
    def test_ends_on_the_server_at_sign_out(self, app, admin):
        thief = copied(app, admin)
        assert thief.get("/tenants").words
        answer = admin.post("/logout", {"csrf_token": admin.token()}, 303)
        assert answer.location == "/login"
        assert_audited(Action.SIGNED_OUT, actor={"id": str(admin.user.id)})
        for browser in (admin, thief):
            assert browser.get("/tenants", 303).location == "/login?next=/tenants"
        assert only_session().ended_at is not None

    def test_lasts_thirty_minutes_idle(self, admin):
        move(last_used_at=now() - timedelta(minutes=29, seconds=50))
        admin.get("/tenants")
        move(last_used_at=now() - timedelta(minutes=30, seconds=1))
        assert admin.get("/tenants", 303).location.startswith("/login")

    def test_lasts_twelve_hours_at_most(self, admin):
        grow_old(timedelta(hours=11, minutes=59))
        admin.get("/tenants")
        grow_old(timedelta(minutes=1, seconds=1))
        assert admin.get("/tenants", 303).location.startswith("/login")

    def test_notes_its_use_once_a_minute(self, admin):
        before = now() - timedelta(seconds=50)
        move(last_used_at=before)
        with raw.unchanged():
            admin.get("/tenants")
        move(last_used_at=now() - timedelta(seconds=61))
        admin.get("/tenants")
        assert now() - only_session().last_used_at < timedelta(seconds=20)

    def test_of_a_disabled_account_ends_at_once(self, sign_in, admin):
        support = sign_in("support")
        support.get("/tenants")
        disable(support.user.username)
        assert support.get("/tenants", 303).location.startswith("/login")
        assert admin.get("/tenants").words

    def test_takes_a_new_role_at_once(self, sign_in):
        support = sign_in("support")
        support.get("/tenants/new")
        with write_transaction():
            user = db.session.get_one(User, support.user.id)
            user.role = "auditor"
            record(Action.USER_CREATED, command_actor("ops"), subject=user)
        support.get("/tenants/new", 403)

    def test_can_be_ended_by_htmx(self, admin):
        answer = admin.post("/logout", {"csrf_token": admin.token()}, 200, htmx=True)
        assert answer.headers["HX-Redirect"] == "/login"
