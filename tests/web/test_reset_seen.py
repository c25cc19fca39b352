"""A reset link that support gave is visible afterwards (issue 11, point 16)."""

import re

import pytest

from tests import raw
from tests.history import assert_history_holds
from tests.web.factors import enrol, sign_out
from tests.web.factors import said as sentence_of
from tests.web.pages import REASON
from tests.web.saved import bodies

NEW = "a password of the new kind"


@pytest.fixture
def support(sign_in):
    return sign_in("support")


@pytest.fixture
def reset(support, owner, browser):
    """The owner's password is chosen by a link that support made; nobody signed in since."""
    choose(support, owner, browser)
    return owner


def choose(staff, person, browser, password=NEW):
    page = staff.post_form(f"/users/{person.user.id}/link", 200, reason=REASON)
    path = page.words_of("link-text").partition("//")[2].partition("/")[2]
    browser.post_form(f"/{path}", 303, password=password)


class TestSignIn:
    def test_says_to_staff_by_whose_link_the_password_came(self, support, reset, browser):
        browser.sign_in(reset.user.username, NEW)
        name = support.user.username
        assert bodies()[-1]["changes"]["reset_link_by"] == [None, name]
        words = f"Signed in; the password was set with a reset link from {name}"
        assert sentence_of() == words
        assert words in support.get(f"/users/{reset.user.id}").words
        assert raw.rows("SELECT reset_by FROM user_sessions ORDER BY created_at DESC")[0] == (name,)
        assert_history_holds()

    def test_says_so_every_time_until_the_person_changes_the_password(self, reset, browser):
        for _ in range(2):
            browser.sign_in(reset.user.username, NEW)
            assert "reset_link_by" in bodies()[-1]["changes"]
            sign_out(browser)
        browser.sign_in(reset.user.username, NEW)
        given = {"current_password": NEW, "password": "yet another password"}
        browser.post_form("/account/password", 303, **given)
        sign_out(browser)
        browser.sign_in(reset.user.username, given["password"])
        assert "reset_link_by" not in bodies()[-1]["changes"]

    def test_names_the_last_who_did(self, admin, reset, browser):
        choose(admin, reset, browser, password="one more new password")
        browser.sign_in(reset.user.username, "one more new password")
        assert bodies()[-1]["changes"]["reset_link_by"] == [None, admin.user.username]

    def test_says_nothing_of_a_link_that_was_not_used(self, support, owner, browser):
        support.post_form(f"/users/{owner.user.id}/link", 200, reason=REASON)
        browser.sign_in(owner.user.username)
        assert "reset_link_by" not in bodies()[-1]["changes"]

    def test_is_not_unsaid_in_the_database(self, reset, browser):
        raw.run("UPDATE account_links SET issued_by = 'nobody'")
        browser.sign_in(reset.user.username, NEW)
        assert bodies()[-1]["changes"].get("reset_link_by") != [None, "nobody"]


class TestEntry:
    def entry(self, staff, action):
        """The page of the newest entry of an action."""
        body = next(body for body in reversed(bodies()) if body["action"] == action)
        return staff.get(f"/audit/{body['id']}")

    def test_of_the_session_says_so_to_staff(self, support, reset, browser, tenant):
        browser.sign_in(reset.user.username, NEW)
        browser.edit(tenant, "organisation", name="Southwind")
        words = f"Began with a password that was set with a reset link from {support.user.username}"
        assert words in self.entry(support, "tenant.organisation.updated").words
        assert words in self.entry(support, "session.started").words
        assert "Began with" not in self.entry(browser, "tenant.organisation.updated").words

    def test_of_the_session_before_says_nothing(self, support, owner, browser, tenant):
        owner.edit(tenant, "organisation", name="Southwind")
        choose(support, owner, browser)
        browser.sign_in(owner.user.username, NEW)
        page = self.entry(support, "tenant.organisation.updated")
        assert "Began with" not in page.words
        sign_out(browser)
        support.edit(tenant, "organisation", name="Eastwind")
        assert "Began with" not in self.entry(support, "tenant.organisation.updated").words


class TestPerson:
    def test_is_told_who_did_what_and_when(self, support, reset, browser):
        browser.sign_in(reset.user.username, NEW)
        told = browser.get("/account")
        words = "A new password was set with a reset link from the support team."
        assert words in told.words_of("notices")
        assert support.user.username not in told.words
        assert re.search(r"\d{4} \d\d:\d\d:\d\d", told.words_of("notices"))
        # A colleague who used the link themselves cannot hide it: dismissed, it stays there.
        sent = {e.get("name"): e.get("value") for e in told.by_id("notices").iter("input")}
        browser.post("/account/notices/dismiss", sent, 303)
        page = browser.get("/account")
        assert not page.has("notices")
        assert words in page.words

    def test_of_the_staff_is_told_the_name(self, admin, support, browser):
        choose(admin, support, browser)
        browser.sign_in(support.user.username, NEW)
        words = f"with a reset link from {admin.user.username}."
        assert words in browser.get("/account").words_of("notices")

    def test_is_told_of_factors_that_an_admin_removed(self, admin, support):
        enrol(support)
        admin.post_form(f"/users/{support.user.id}/second-factor", 303, reason=REASON)
        support.sign_in(support.user.username)
        words = f"The second factors of this account were removed by {admin.user.username}."
        assert words in support.get("/account").words_of("notices")
