"""Limits on tries to sign in: they stop guessing, and never the owner elsewhere."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests import raw
from tests.factories import make_user
from tests.history import assert_audited
from tests.web.pages import HTMX, PASSWORD, Browser
from tests.web.saved import actions, bodies
from webui.accounts.sign_in.routes import REFUSED
from webui.core.extensions import db, write_transaction
from webui.history.narrative.sentences import Reader, sentence
from webui.history.record.actions import Action
from webui.models import TryCounter, UserSession
from webui.models.columns import now
from webui.rate_limits import try_limits

FREE = try_limits.SIGN_IN.free
WRONG = "wrong wrong"


pytestmark = pytest.mark.usefixtures("throttle_time")


@pytest.fixture
def at(app):
    """Makes a browser at an address."""

    def at(address):
        browser = Browser(app.test_client(), set())
        browser.client.environ_base["REMOTE_ADDR"] = address
        return browser

    return at


def guess(browser, name, times=FREE):
    """Wrong tries; the last answer."""
    return [browser.sign_in(name, WRONG, 422) for _ in range(times)][-1]


def time_passes(length):
    """Moves every counter into the past."""
    with write_transaction():
        for row in db.session.scalars(select(TryCounter)):
            row.last_at -= length
            row.expires_at -= length
            row.free_at = row.free_at and row.free_at - length
            row.told_at = row.told_at and row.told_at - length


def seen_before(user, address):
    """The account has signed in from the address."""
    times = {"created_at": now(), "last_used_at": now(), "ended_at": now()}
    with write_transaction():
        db.session.add(
            UserSession(
                token_hash="0" * 64, user_id=user.id, address=address, agent="pytest", **times
            )
        )


class TestGuessingAtOneAddress:
    @pytest.mark.parametrize("known", [True, False])
    def test_has_to_wait_after_five_tries(self, at, known):
        name = make_user(password=PASSWORD).username if known else "nobody.at.all"
        browser = at("192.0.2.1")
        guess(browser, name)
        answer = browser.sign_in(name, PASSWORD, 429)
        assert answer.headers["Retry-After"] == "2"
        assert answer.errors["password"] == "Too many attempts. Wait 2 seconds, then try again."
        assert (answer.field("username"), answer.field("password")) == (name, "")

    def test_waits_longer_each_time_and_a_refused_try_costs_nothing(self, at):
        browser, name = at("192.0.2.1"), make_user(password=PASSWORD).username
        guess(browser, name)
        waits = []
        for _ in range(12):
            for _ in range(2):
                answer = browser.sign_in(name, WRONG, 429)
            waits.append(int(answer.headers["Retry-After"]))
            time_passes(timedelta(seconds=waits[-1]))
            browser.sign_in(name, WRONG, 422)
        assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]

    def test_may_go_on_after_the_wait_and_starts_anew_once_it_was_right(self, at):
        browser, name = at("192.0.2.1"), make_user(password=PASSWORD).username
        guess(browser, name)
        browser.sign_in(name, PASSWORD, 429)
        time_passes(timedelta(seconds=2))
        browser.sign_in(name, PASSWORD, 303)
        guess(at("192.0.2.1"), name)

    def test_does_not_keep_the_owner_out_elsewhere(self, at):
        name = make_user(password=PASSWORD).username
        guess(at("192.0.2.1"), name)
        at("192.0.2.1").sign_in(name, PASSWORD, 429)
        at("198.51.100.7").sign_in(name, PASSWORD, 303)

    def test_does_not_keep_the_owner_out_on_a_known_device(self, at):
        name = make_user(password=PASSWORD).username
        owner = at("192.0.2.1")
        owner.sign_in(name)
        owner.client.delete_cookie("session")
        guess(at("192.0.2.1"), name)
        at("192.0.2.1").sign_in(name, PASSWORD, 429)
        owner.sign_in(name, PASSWORD, 303)

    def test_on_a_known_device_is_counted_too(self, at):
        name = make_user(password=PASSWORD).username
        thief = at("192.0.2.1")
        thief.sign_in(name)
        thief.client.delete_cookie("session")
        guess(thief, name)
        thief.client.environ_base["REMOTE_ADDR"] = "198.51.100.7"
        thief.sign_in(name, PASSWORD, 429)

    @pytest.mark.parametrize("forged", ["", "x", "WyJhIiwiYiJd.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb"])
    def test_a_forged_device_is_none(self, at, forged):
        name = make_user(password=PASSWORD).username
        guess(at("192.0.2.1"), name)
        browser = at("192.0.2.1")
        browser.client.set_cookie("device", forged)
        browser.sign_in(name, PASSWORD, 429)

    def test_the_device_of_another_account_is_none(self, at):
        name = make_user(password=PASSWORD).username
        attacker = at("192.0.2.1")
        attacker.sign_in(make_user(password=PASSWORD).username)
        attacker.client.delete_cookie("session")
        guess(attacker, name)
        attacker.sign_in(name, PASSWORD, 429)

    def test_by_htmx_is_answered_in_place(self, at):
        browser, name = at("192.0.2.1"), make_user(password=PASSWORD).username
        guess(browser, name)
        fields = browser.get("/login").fields | {"username": [name], "password": [WRONG]}
        answer = browser.client.post("/login", data=fields, headers=HTMX)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2")
        assert "<html" not in answer.text
        assert "Wait 2 seconds" in answer.text

    @pytest.mark.both_databases
    def test_at_the_same_moment_gets_no_further_than_in_a_row(self, app, at):
        name = make_user(password=PASSWORD).username
        browsers = [at("192.0.2.1") for _ in range(12)]
        data = [{"csrf_token": b.token("/login"), "next": ""} for b in browsers]
        with ThreadPoolExecutor(12) as pool:
            statuses = list(
                pool.map(
                    lambda b, d: b.post("/login", d | {"username": name, "password": WRONG}).status,
                    browsers,
                    data,
                )
            )
        assert sorted(statuses) == [422] * FREE + [429] * (12 - FREE)


class TestManyAccountsAtOneAddress:
    def test_have_to_wait_after_thirty_tries(self, at):
        free = try_limits.SIGN_IN_ADDRESS.free
        for number in range(free):
            at("2001:db8:1:2::1").sign_in(f"somebody{number}", WRONG, 422)
        known = make_user(password=PASSWORD).username
        answer = at("2001:db8:1:2:ffff::9").sign_in(known, PASSWORD, 429)
        assert answer.headers["Retry-After"] == "10"
        at("2001:db8:1:3::1").sign_in(known, PASSWORD, 303)

    def test_a_right_try_is_taken_back(self, at):
        name = make_user(password=PASSWORD).username
        for _ in range(try_limits.SIGN_IN_ADDRESS.free + 1):
            at("192.0.2.1").sign_in(name, PASSWORD, 303)


class TestOneAccountAtManyAddresses:
    def test_waits_a_little_but_not_where_it_is_known(self, at):
        user = make_user(password=PASSWORD)
        seen_before(user, "198.51.100.7")
        for number in range(try_limits.SIGN_IN_ACCOUNT.free):
            at(f"192.0.2.{number}").sign_in(user.username, WRONG, 422)
        answer = at("203.0.113.1").sign_in(user.username, PASSWORD, 429)
        assert answer.headers["Retry-After"] == "1"
        at("198.51.100.7").sign_in(user.username, PASSWORD, 303)

    def test_cannot_be_slowed_by_one_address(self, at):
        name = make_user(password=PASSWORD).username
        for _ in range(10):
            at("192.0.2.1").sign_in(name, WRONG, 422)
            time_passes(try_limits.SIGN_IN.most)
        counted = raw.rows("SELECT tries FROM try_counters WHERE kind = 'sign-in account'")
        # Of the name that was typed, and of the account.
        assert counted == [(3,), (3,)]

    def test_waits_half_a_minute_at_most(self):
        limit = try_limits.SIGN_IN_ACCOUNT
        assert limit.delay(10**9) == timedelta(seconds=30)
        assert limit.delay(limit.free - 1) == timedelta(0)


class TestTwoNamesOfOneAccount:
    """The username and the e-mail address have one budget, and nobody sees that it is one."""

    @pytest.mark.both_databases
    @pytest.mark.parametrize("first", ["username", "email"])
    def test_are_guessed_no_faster_than_one(self, at, first):
        user = make_user(password=PASSWORD)
        names = [user.username, user.email] if first == "username" else [user.email, user.username]
        guess(at("192.0.2.1"), names[0])
        # Not 429: that would tell that both names are one account's.
        at("192.0.2.1").sign_in(names[1], PASSWORD, 422)
        time_passes(timedelta(seconds=2))
        at("192.0.2.1").sign_in(names[1], PASSWORD, 303)

    def test_in_turn_are_counted_as_one(self, at):
        user = make_user(password=PASSWORD)
        for number in range(FREE):
            guess(at("192.0.2.1"), (user.username, user.email)[number % 2], 1)
        for name in (user.username, user.email.upper()):
            at("192.0.2.1").sign_in(name, PASSWORD, 422)

    def test_are_answered_like_two_names_that_are_nobodys(self, at):
        user = make_user(password=PASSWORD)
        told = []
        for names in ((user.username, user.email), ("nobody", "nobody@example.com")):
            browser, before = at(f"192.0.2.{len(told)}"), len(actions())
            answers = [browser.sign_in(names[turn % 2], WRONG, None) for turn in range(12)]
            said = [(a.status, a.headers.get("Retry-After"), a.errors) for a in answers]
            told.append((said, actions()[before:]))
        assert told[0] == told[1]

    def test_of_a_right_try_start_anew(self, at):
        user = make_user(password=PASSWORD)
        guess(at("192.0.2.1"), user.username, FREE - 1)
        at("192.0.2.1").sign_in(user.email, PASSWORD, 303)
        guess(at("192.0.2.1"), user.email)

    def test_are_known_at_the_same_addresses_and_on_the_same_devices(self, at):
        user = make_user(password=PASSWORD)
        seen_before(user, "198.51.100.7")
        device = at("203.0.113.1")
        device.sign_in(user.email)
        device.client.delete_cookie("session")
        for number in range(try_limits.SIGN_IN_ACCOUNT.free):
            at(f"192.0.2.{number}").sign_in(user.email, WRONG, 422)
        at("192.0.2.99").sign_in(user.email, PASSWORD, 429)
        at("192.0.2.99").sign_in(user.username, PASSWORD, 422)
        at("198.51.100.7").sign_in(user.email, PASSWORD, 303)
        device.client.environ_base["REMOTE_ADDR"] = "192.0.2.99"
        device.sign_in(user.username, PASSWORD, 303)


class TestHistory:
    def test_tells_a_delay_once(self, at):
        user = make_user(password=PASSWORD)
        browser = at("192.0.2.1")
        guess(browser, user.username)
        before = len(actions())
        for _ in range(4):
            browser.sign_in(user.username, WRONG, 429)
        assert actions()[before:] == [Action.TRY_DELAYED]
        body = assert_audited(Action.TRY_DELAYED, outcome="denied", actor={"id": str(user.id)})
        assert body["address"] == "192.0.2.1"
        time_passes(timedelta(seconds=61))
        browser.sign_in(user.username, WRONG, 422)
        browser.sign_in(user.username, WRONG, 429)
        said = [part.text for part in sentence(bodies()[-1], Reader())]
        assert said[0] == "Had to wait 4 seconds before the next sign-in"

    def test_tells_nothing_of_a_name_that_is_nobodys(self, at):
        typed = "My.Password-1"
        guess(at("192.0.2.1"), typed)
        at("192.0.2.1").sign_in(typed, WRONG, 429)
        assert_audited(Action.TRY_DELAYED, actor={"id": None, "name": None})
        assert typed.casefold() not in str(raw.everything()).casefold()


class TestCounters:
    def test_are_removed_when_they_mean_nothing_any_more(self, at):
        guess(at("192.0.2.1"), "nobody.1", 1)
        time_passes(timedelta(hours=25))
        guess(at("192.0.2.1"), "nobody.1", 1)
        guess(at("192.0.2.2"), "nobody.2", 1)
        assert raw.rows("SELECT max(tries), count(*) FROM try_counters") == [(1, 10)]

    def test_without_the_key_tell_nothing(self, app, at):
        guess(at("192.0.2.1"), "nobody", 1)
        with write_transaction():
            kinds = db.session.scalars(select(TryCounter.kind)).all()
            keys = db.session.scalars(select(TryCounter.key)).all()
        assert set(kinds) == {"sign-in", "sign-in address", "sign-in account"}
        assert all(len(key) == 64 for key in keys)

    def test_refusal_is_the_same_for_a_name_that_is_nobodys(self, at):
        known = make_user(password=PASSWORD).username
        for name in (known, "nobody"):
            answer = guess(at("192.0.2.1"), name)
            assert answer.errors["password"] == REFUSED
