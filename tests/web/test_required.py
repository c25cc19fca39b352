"""A second factor that staff must have."""

import re
from uuid import uuid4

import pytest

from tests.factories import make_user
from tests.web.factors import enrol, sign_out
from tests.web.pages import HTMX, PASSWORD, Browser
from tests.web.visiting import page_rules
from webui.history.record.actor import command_actor
from webui.users.operations import AccountChange, remove_factors

# A value that each kind of a route's parts accepts.
SAMPLES = {"uuid": str(uuid4()), "section": "billing", "step": "organisation"}


pytestmark = [pytest.mark.through_the_page, pytest.mark.usefixtures("code_time")]


# What leads to a second factor, and out; by hand, because the mark on a view opens it.
OPEN = {
    "accounts.log_out",
    "factors.setup",
    "factors.confirm",
    "passkeys.new",
    "passkeys.options",
    "passkeys.register",
}


class TestRequired:
    @pytest.fixture
    def strict(self, app_with):
        return app_with(require_mfa="staff")

    def signed_in(self, app, role):
        browser = Browser(app.test_client(), set())
        browser.user = make_user(role, password=PASSWORD)
        browser.sign_in(browser.user.username)
        return browser

    @pytest.mark.parametrize("role", ["support", "admin", "auditor"])
    def test_sends_staff_to_enrolment_and_to_nothing_else(self, strict, role):
        browser = self.signed_in(strict, role)
        for rule in page_rules(strict):
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

    def test_opens_nothing_but_the_way_to_one(self, strict):
        views = strict.view_functions.items()
        assert {name for name, view in views if getattr(view, "before_enrolment", False)} == OPEN

    def test_leaves_owners_alone(self, strict):
        assert self.signed_in(strict, "owner").get("/account").words

    def test_takes_effect_again_after_a_reset(self, strict):
        browser = self.signed_in(strict, "support")
        enrol(browser)
        browser.get("/tenants")
        remove_factors(AccountChange(browser.user.id, "lost the phone"), command_actor("ops"))
        browser.start_session()
        assert browser.get("/tenants", 303).location == "/account/authenticator"

    def test_lets_them_sign_out(self, strict):
        sign_out(self.signed_in(strict, "support"))
