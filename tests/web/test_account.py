"""The account page: preferences, the password, sessions."""

import dataclasses
import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests import raw
from tests.factories import an_actor, make_user
from tests.history import assert_audited, assert_history_holds, count_entries
from tests.web import dom
from tests.web.pages import PASSWORD, REASON, Browser, edit_url, tenant_url
from tests.web.saved import actions, bodies, fresh
from webui.accounts import passwords
from webui.accounts.sessions import user_agents
from webui.core.extensions import db, write_transaction
from webui.history.narrative.sentences import Reader, sentence
from webui.history.record.actions import Action
from webui.history.record.actor import command_actor
from webui.history.record.log import record
from webui.links import operations as links
from webui.models import User, UserSession
from webui.models.columns import now

NEW = "a stapled battery horse"


def said():
    """The newest entry as a sentence."""
    return "".join(part.text for part in sentence(bodies()[-1], Reader()))


def preferences(browser, status=303, **changes):
    page = browser.get("/account")
    [form] = dom.elements(page.tree, "form", action="/account/preferences")
    data = dom.fields(form) | {name: [value] for name, value in changes.items()}
    return browser.post("/account/preferences", data, status)


@pytest.fixture
def again(app, secrets):
    """The same account in one more browser."""

    def again(browser):
        other = Browser(app.test_client(), secrets)
        other.user = browser.user
        other.sign_in(browser.user.username)
        return other

    return again


class TestPage:
    @pytest.mark.parametrize("role", ["support", "auditor", "owner"])
    def test_shows_the_own_account(self, sign_in, role):
        browser = sign_in(role)
        page = browser.get("/account")
        for word in (browser.user.username, browser.user.email, role.capitalize()):
            assert word in page.words
        assert [a for a in dom.elements(page.tree, "a") if a.get("href") == "/account"]

    def test_as_a_fragment_is_the_page_without_the_layout(self, admin):
        assert "Profile" in admin.get("/account", htmx=True).words


class TestPreferences:
    def test_are_saved_and_recorded(self, admin):
        answer = preferences(admin, time_zone="Asia/Kolkata", theme="dark")
        assert answer.location == "/account"
        user = fresh(admin.user)
        assert (user.time_zone, user.theme) == ("Asia/Kolkata", "dark")
        assert_audited(
            Action.USER_PREFERENCES,
            actor={"id": str(user.id)},
            changes={
                "time_zone": ["UTC", "Asia/Kolkata"],
                "time_zone_chosen": [False, True],
                "theme": [None, "dark"],
                "user": [str(user.id)] * 2,
                "username": [user.username] * 2,
            },
        )
        assert said() == (
            "Changed the time zone from UTC to Asia/Kolkata; changed the theme from system to dark"
        )
        assert "Your preferences are saved." in admin.get("/account").words

    def test_that_stand_like_that_write_nothing(self, admin):
        preferences(admin, time_zone="UTC", theme="light")
        with raw.unchanged():
            preferences(admin, time_zone="UTC", theme="light")

    @pytest.mark.parametrize(
        "wrong",
        ["", "Mars/Olympus", "../../etc/passwd", "europe/berlin", "Etc/GMT+5", "posix/UTC", "\0"],
    )
    def test_refuse_a_zone_that_is_none(self, admin, wrong):
        with raw.unchanged():
            answer = preferences(admin, 422, time_zone=wrong)
        assert "Choose one from the list." in answer.words

    def test_refuse_a_theme_that_is_none(self, admin):
        with raw.unchanged():
            assert "Choose one from the list." in preferences(admin, 422, theme="neon").words

    def test_theme_follows_the_account_to_another_device(self, app, admin, again):
        preferences(admin, theme="dark")
        other = again(admin)
        assert dom.elements(other.get("/account").tree, "html", data_bs_theme="dark")
        other.post("/logout", {"csrf_token": other.token()}, 303)
        assert dom.elements(other.get("/login").tree, "html", data_bs_theme="dark")

    def test_theme_of_the_menu_is_the_account_s(self, admin):
        admin.post("/theme", {"csrf_token": admin.token(), "theme": "light"}, 303)
        assert fresh(admin.user).theme == "light"
        assert_audited(Action.USER_PREFERENCES)


class TestTimes:
    def test_stand_in_the_account_s_zone_with_utc_on_hover(self, admin, tenant):
        preferences(admin, time_zone="Asia/Kolkata")
        page = admin.get(tenant_url(tenant))
        [time, *_] = dom.elements(page.tree, "time")
        at = datetime.fromisoformat(time.get("datetime"))
        assert at.tzinfo == UTC or at.utcoffset() == timedelta(0)
        local = at + timedelta(hours=5, minutes=30)
        assert f"{local:%H:%M:%S} IST (" in time.get("title")
        assert time.get("title").endswith(f"{at:%H:%M:%S} UTC)")

    def test_day_and_hour_change_where_the_account_is(self, app):
        filters = app.jinja_env.filters
        at = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
        current = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
        for person, exact, relative, day in (
            (None, "1 Mar 2026 23:30:00 UTC", "yesterday 23:30", "1 Mar 2026"),
            (
                Somebody("Europe/Berlin"),
                "2 Mar 2026 00:30:00 CET (1 Mar 23:30:00 UTC)",
                "today 00:30",
                "2 Mar 2026",
            ),
            (
                Somebody("Gone/Forever"),
                "1 Mar 2026 23:30:00 UTC",
                "yesterday 23:30",
                "1 Mar 2026",
            ),
        ):
            with app.app_context(), app.test_request_context():
                if person:
                    app.login_manager._update_request_context_with_user(person)
                assert filters["exact"](at) == exact
                assert filters["relative"](at, current) == relative
                assert filters["day"](at) == day


@dataclasses.dataclass
class Somebody:
    """A person with a time zone."""

    time_zone: str


def change_password(browser, status=303, **changes):
    typed = {"current_password": PASSWORD, "password": NEW, **changes}
    return browser.post_form("/account/password", status, **typed)


class TestPassword:
    def test_is_changed_and_ends_the_other_sessions(self, app, admin, again, secrets):
        secrets.add(NEW)
        other = again(admin)
        answer = change_password(admin)
        assert answer.location == "/account"
        assert "1 other session ended" in admin.get("/account").words
        assert other.get("/account", 303).location.startswith("/login")
        body = assert_audited(Action.USER_PASSWORD, actor={"id": str(admin.user.id)})
        assert body["changes"]["password"] == ["set", "replaced"]
        assert said() == "Changed their own password"
        assert NEW not in str(raw.everything())
        other.sign_in(admin.user.username, PASSWORD, 422)
        other.sign_in(admin.user.username, NEW, 303)
        assert_history_holds()

    def test_makes_a_copy_of_the_cookie_worthless(self, app, admin, again):
        stolen = admin.client.get_cookie("session").value
        thief = Browser(app.test_client(), set())
        thief.client.set_cookie("session", stolen)
        assert thief.get("/account").words
        form = {"csrf_token": thief.token(), "time_zone": "Asia/Tokyo", "theme": "dark"}
        change_password(admin)
        assert thief.get("/account", 303).location.startswith("/login")
        thief.client.set_cookie("session", stolen)
        with raw.unchanged():
            thief.post("/account/preferences", form, 303)
        assert admin.get("/account").words_of("sessions").count("This session") == 1

    def test_keeps_the_age_of_the_session(self, admin):
        [before] = raw.rows("SELECT created_at, address, agent FROM user_sessions")
        change_password(admin)
        rows = raw.rows(
            "SELECT created_at, address, agent FROM user_sessions WHERE ended_at IS NULL"
        )
        assert rows == [before]

    def test_leaves_the_open_forms_of_this_browser_good(self, admin, tenant):
        form = admin.get(edit_url(tenant, "features"))
        change_password(admin)
        admin.submit(form, 303, retention_days=5, reason=REASON)
        assert fresh(tenant).retention_days == 5

    def test_makes_reset_links_void(self, admin, browser):
        with write_transaction():
            user = db.session.get_one(User, admin.user.id)
            issued = links.issue_link_for(user, an_actor())
            record(Action.RESET_LINK_ISSUED, command_actor("ops"), subject=user)
        path = f"/reset/{issued.token}"
        assert browser.get(path).words
        change_password(admin)
        assert browser.get(path, 404).words

    @pytest.mark.parametrize("current", ["", "wrong wrong", PASSWORD.upper(), f"{PASSWORD} "])
    def test_needs_the_current_one(self, admin, current):
        answer = change_password(admin, 422, current_password=current)
        assert answer.errors == {"current_password": "This is not your current password."}
        assert (answer.field("password"), answer.field("current_password")) == ("", "")
        assert Action.USER_PASSWORD not in actions()
        if current:
            actor = {"id": str(admin.user.id)}
            assert_audited(Action.OWN_PASSWORD_REFUSED, outcome="failed", actor=actor)
            assert said() == "Gave a wrong current password while signed in"

    def test_refuses_what_is_no_password(self, admin):
        refused = {
            "short": "Use 12 to 72 characters.",
            "x" * 73: "Use 12 to 72 characters.",
            "password1234": "one of the first that anybody would try",
            admin.user.email.upper(): "the username or the e-mail address",
            PASSWORD: "the password you have now",
        }
        for password, words in refused.items():
            answer = change_password(admin, 422, password=password)
            assert words in answer.errors["password"]
            assert answer.words.count("72 characters") == words.count("72 characters")
        assert Action.USER_PASSWORD not in actions()

    def test_takes_72_characters_of_any_kind(self, admin):
        longest = f" ü🐎 {PASSWORD} ".ljust(72, "🐎")
        change_password(admin, password=longest)
        assert passwords.password_fits(fresh(admin.user).password_hash, longest)

    def test_cannot_be_guessed_with_a_stolen_session(self, admin):
        for _ in range(5):
            change_password(admin, 422, current_password="wrong wrong")
        answer = change_password(admin, 429)
        assert "Wait 2 seconds" in answer.errors["current_password"]
        assert answer.headers["Retry-After"] == "2"
        told = [Action.OWN_PASSWORD_REFUSED] * 5 + [Action.TRY_DELAYED]
        assert actions()[-6:] == told
        change_password(admin, 429)
        assert actions()[-6:] == told

    def test_is_for_password_managers(self, admin):
        page = admin.get("/account/password")
        hints = {name: page.control(name).get("autocomplete") for name in page.fields if name}
        assert hints["current_password"] == "current-password"
        assert hints["password"] == "new-password"
        assert page.control("password").get("maxlength") is None
        [name] = dom.elements(page.form(), "input", autocomplete="username")
        assert name.get("value") == admin.user.username

    def test_is_hashed_anew_when_the_parameters_changed(self, app, browser, config):
        user = make_user(password=PASSWORD)
        cheap = user.password_hash
        app.extensions["webui_config"] = dataclasses.replace(config, password_cost="owasp")
        browser.sign_in(user.username)
        renewed = fresh(user).password_hash
        assert renewed != cheap
        assert "m=19456,t=2,p=1" in renewed
        assert actions()[-2:] == [Action.USER_PASSWORD_RENEWED, Action.SIGNED_IN]
        before = count_entries()
        browser.client.delete_cookie("session")
        browser.sign_in(user.username)
        assert (count_entries(), fresh(user).password_hash) == (before + 1, renewed)


def end_buttons(page):
    """The buttons that end one session each."""
    forms = dom.elements(page.tree, "form")
    return [f for f in forms if re.fullmatch(r"/account/sessions/\w+/end", f.get("action"))]


class TestSessions:
    def test_say_device_address_and_which_is_this_one(self, admin, again):
        again(admin)
        text = admin.get("/account").words_of("sessions")
        assert text.count("127.0.0.1") == 2
        assert text.count("This session") == 1

    def test_can_be_ended_one_by_one(self, admin, again):
        first, second = again(admin), again(admin)
        forms = end_buttons(admin.get("/account"))
        admin.post(forms[0].get("action"), dom.fields(forms[0]), 303)
        assert_audited(Action.USER_SESSIONS)
        assert said() == "Ended a session"
        answers = [b.client.get("/account").status_code for b in (admin, first, second)]
        assert sorted(answers) == [200, 200, 303]

    def test_can_be_ended_all_but_this(self, admin, again):
        others = [again(admin), again(admin)]
        admin.post("/account/sessions/end", {"csrf_token": admin.token()}, 303)
        assert said() == "Ended 2 sessions"
        assert "2 other sessions ended." in admin.get("/account").words
        for other in others:
            assert other.get("/account", 303).location.startswith("/login")
        with raw.unchanged():
            admin.post("/account/sessions/end", {"csrf_token": admin.token()}, 303)

    def test_of_somebody_else_cannot_be_ended(self, admin, sign_in, again):
        stranger = sign_in("support")
        again(stranger)
        [form] = end_buttons(stranger.get("/account"))
        token = admin.token()
        with raw.unchanged():
            answer = admin.post(form.get("action"), {"csrf_token": token}, 303)
        assert answer.location == "/account#sessions"
        assert end_buttons(stranger.get("/account"))

    def test_that_ended_or_grew_old_are_not_listed(self, admin, again):
        again(admin)
        old, hashed = now() - timedelta(minutes=31), hash_of(admin)
        raw.run(
            f"UPDATE user_sessions SET last_used_at = '{old:%F %T}' WHERE token_hash <> '{hashed}'"
        )
        assert not end_buttons(admin.get("/account"))

    def test_are_named_without_their_token_or_hash(self, admin, again):
        again(admin)
        text = admin.get("/account").text
        for hashed in db.session.scalars(select(UserSession.token_hash)):
            assert hashed not in text


def hash_of(browser):
    """The hash of the browser's own session: the oldest."""
    query = select(UserSession.token_hash).order_by(UserSession.created_at).limit(1)
    return db.session.scalars(query).one()


class TestAgents:
    @pytest.mark.parametrize(
        ("agent", "words"),
        [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
                " Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15"
                " (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 15) Chrome/131.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            ("curl/8.9.1", "curl/8.9.1"),
            ("", "Unknown browser"),
        ],
    )
    def test_are_told_in_words(self, agent, words):
        assert user_agents.describe_agent(agent) == words
