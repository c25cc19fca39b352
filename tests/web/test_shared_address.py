"""Many people behind one address: one outsider's failures keep nobody waiting who is known there.

And a flood of tries that must wait takes no turn among those who save.
"""

import logging
import re
from datetime import timedelta

import pytest
from sqlalchemy import event

from tests.factories import make_user
from tests.history import count_entries
from tests.web.pages import PASSWORD, Browser
from tests.web.saved import actions
from tests.web.test_throttle import WRONG, guess, seen_before, time_passes
from webui.core.extensions import WRITING, db
from webui.history.record.actions import Action
from webui.rate_limits import try_limits
from webui.web import proxies

PROXY = "10.0.0.2"
THROUGH = {"HTTP_X_FORWARDED_FOR": "192.0.2.66"}


pytestmark = pytest.mark.usefixtures("throttle_time")


@pytest.fixture
def behind(app):
    """Makes a browser whose requests all come from the proxy's address."""

    def behind(**environ):
        browser = Browser(app.test_client(), set())
        browser.client.environ_base |= {"REMOTE_ADDR": PROXY, **environ}
        return browser

    return behind


@pytest.fixture
def exhausted(behind):
    """An outsider has failed behind the proxy for as many names as there are free tries."""
    outsider = behind()
    for number in range(try_limits.SIGN_IN_ADDRESS.free):
        outsider.sign_in(f"somebody{number}", WRONG, 422)
    outsider.sign_in("one.more", WRONG, 429)


class TestOneOutsider:
    def test_keeps_no_account_waiting_that_is_known_there(self, exhausted, behind):
        user = make_user(password=PASSWORD)
        seen_before(user, PROXY)
        behind().sign_in(user.username, PASSWORD, 303)

    def test_keeps_no_known_device_waiting(self, behind):
        name = make_user(password=PASSWORD).username
        colleague = behind(REMOTE_ADDR="198.51.100.7")
        colleague.sign_in(name)
        colleague.client.delete_cookie("session")
        outsider = behind()
        for number in range(try_limits.SIGN_IN_ADDRESS.free):
            outsider.sign_in(f"somebody{number}", WRONG, 422)
        colleague.client.environ_base["REMOTE_ADDR"] = PROXY
        colleague.sign_in(name, PASSWORD, 303)

    def test_keeps_no_passkey_of_a_known_device_waiting(self, behind):
        colleague = behind()
        colleague.sign_in(make_user(password=PASSWORD).username)
        colleague.client.delete_cookie("session")
        outsider = behind()
        for number in range(try_limits.SIGN_IN_ADDRESS.free):
            outsider.sign_in(f"somebody{number}", WRONG, 422)
        assert self._passkey(colleague) == 422
        assert self._passkey(behind()) == 429

    def _passkey(self, browser):
        """The status of a passkey's answer that is none."""
        data = {"csrf_token": browser.token("/login")}
        assert browser.post("/login/passkey/options", data).status == 200
        return browser.post("/login/passkey", data | {"credential": "{}"}).status

    def test_still_waits_for_accounts_that_are_not_known_there(self, exhausted, behind):
        stranger = make_user(password=PASSWORD)
        seen_before(stranger, "198.51.100.7")
        behind().sign_in(stranger.username, PASSWORD, 429)

    def test_guesses_a_known_account_within_its_own_bounds(self, behind):
        user = make_user(password=PASSWORD)
        seen_before(user, PROXY)
        outsider, judged, day = behind(), 0, timedelta(0)
        while day < timedelta(hours=24):
            answer = outsider.sign_in(user.username, WRONG, None)
            judged += answer.status == 422
            if answer.status == 429:
                wait = timedelta(seconds=int(answer.headers["Retry-After"]))
                time_passes(wait)
                day += wait
        assert judged < 115


class TestRefusedTries:
    @pytest.fixture
    def writes(self, app):
        """What was opened to write, and every statement that writes."""
        seen = []

        def begun(connection):
            if connection.get_execution_options().get(WRITING):
                seen.append("BEGIN IMMEDIATE")

        def ran(_connection, _cursor, statement, *_more):
            if re.match(r"\s*(INSERT|UPDATE|DELETE|BEGIN IMMEDIATE)|.*FOR UPDATE", statement, re.S):
                seen.append(statement)

        event.listen(db.engine, "begin", begun)
        event.listen(db.engine, "before_cursor_execute", ran)
        yield seen
        event.remove(db.engine, "begin", begun)
        event.remove(db.engine, "before_cursor_execute", ran)

    @pytest.mark.parametrize("known", [True, False])
    def test_open_no_write_transaction(self, behind, writes, known):
        name = make_user(password=PASSWORD).username if known else "nobody.at.all"
        guess(behind(), name)
        behind().sign_in(name, WRONG, 429)
        assert writes != []
        entries = count_entries()
        writes.clear()
        for _ in range(20):
            behind().sign_in(name, PASSWORD, 429)
        assert writes == []
        assert count_entries() == entries

    def test_are_in_the_history_once_a_delay(self, behind):
        name = make_user(password=PASSWORD).username
        guess(behind(), name)
        for _ in range(3):
            for _ in range(3):
                wait = int(behind().sign_in(name, WRONG, 429).headers["Retry-After"])
            time_passes(timedelta(seconds=max(wait, 61)))
            behind().sign_in(name, WRONG, 422)
        assert actions().count(Action.TRY_DELAYED) == 3

    def test_that_came_after_a_long_rest_are_judged(self, behind):
        name = make_user(password=PASSWORD).username
        guess(behind(), name)
        behind().sign_in(name, WRONG, 429)
        time_passes(try_limits.SIGN_IN.forget)
        behind().sign_in(name, PASSWORD, 303)


class TestUnknownProxy:
    def page(self, app, role, **environ):
        browser = Browser(app.test_client(), set())
        browser.user = make_user(role)
        browser.start_session()
        browser.client.environ_base |= environ
        return browser.get("/account").words

    def test_is_shown_to_admins(self, app):
        words = "There is a proxy in front of this console"
        assert words in self.page(app, "admin", **THROUGH)
        assert words in self.page(app, "admin", HTTP_FORWARDED="for=192.0.2.66")
        assert words not in self.page(app, "admin")
        for role in ("support", "auditor"):
            assert words not in self.page(app, role, **THROUGH)

    def test_is_no_matter_once_it_is_trusted(self, make_app, caplog):
        app = make_app(trusted_proxies=1)
        assert "There is a proxy in front" not in self.page(app, "admin", **THROUGH)
        assert "came through a proxy" not in caplog.text

    def test_is_logged_once_an_hour(self, app, caplog, monkeypatch):
        caplog.set_level(logging.WARNING)
        client, at = app.test_client(), [1_000.0]
        monkeypatch.setattr(proxies.time, "monotonic", lambda: at[0])
        client.get("/livez")
        assert "came through a proxy" not in caplog.text
        for passed in (0, 3_599, 1):
            at[0] += passed
            for _ in range(3):
                client.get("/livez", environ_base=THROUGH)
        assert caplog.text.count("came through a proxy, and WEBUI_TRUSTED_PROXIES is 0") == 2
        assert "192.0.2.66" not in caplog.text
