"""The time zone of a page: named once, at its end; and the offer of the browser's."""

import re
from dataclasses import dataclass

import pytest

from tests import raw
from tests.history import assert_audited
from tests.web import dom
from tests.web.factors import said
from tests.web.pages import tenant_url
from tests.web.saved import fresh
from webui.history.record.actions import Action


@dataclass
class Reader:
    """A person with a time zone."""

    time_zone: str


class TestFoot:
    @pytest.mark.parametrize(
        ("time_zone", "named"),
        [("UTC", "UTC"), ("Asia/Kolkata", "Asia/Kolkata (IST, UTC+05:30)")],
    )
    def test_names_the_zone_once_for_all_times_of_the_page(self, sign_in, tenant, time_zone, named):
        page = sign_in("admin", time_zone=time_zone).get(tenant_url(tenant))
        [foot] = dom.elements(page.tree, "footer")
        assert f"Times are in {named}." in dom.words(foot)
        assert dom.elements(foot, "a", href="/account#preferences")
        rows = page.words.replace(dom.words(foot), "")
        assert not re.search(r"\d (UTC|IST)\b", rows)

    def test_names_a_zone_without_abbreviation_by_its_distance(self, app):
        with app.test_request_context():
            app.login_manager._update_request_context_with_user(Reader("America/Sao_Paulo"))
            words = app.jinja_env.globals["reader_zone_words"]()
        assert words == "America/Sao_Paulo (UTC-03:00)"

    def test_is_not_there_before_the_sign_in(self, browser):
        assert not dom.elements(browser.get("/login").tree, "footer")


def answer(browser, time_zone, status=303, **more):
    """Presses a button of the offer."""
    form = {"csrf_token": browser.token(), "time_zone": time_zone, **more}
    return browser.post("/account/time-zone", form, status)


def is_offered(browser):
    return bool(dom.elements(browser.get("/account").tree, "aside", id="zone-offer"))


class TestOffer:
    def test_is_taken_with_one_press_and_recorded(self, admin):
        assert is_offered(admin)
        where = answer(admin, "Europe/Berlin", next="/tenants?q=north").location
        assert where == "/tenants?q=north"
        assert fresh(admin.user).time_zone == "Europe/Berlin"
        changes = {"time_zone": ["UTC", "Europe/Berlin"], "time_zone_chosen": [False, True]}
        body = assert_audited(Action.USER_PREFERENCES, actor={"id": str(admin.user.id)})
        assert changes.items() <= body["changes"].items()
        assert said() == "Changed the time zone from UTC to Europe/Berlin"
        assert "Times are now in Europe/Berlin." in admin.get("/tenants").words
        assert not is_offered(admin)

    def test_is_declined_for_good(self, admin):
        assert answer(admin, "UTC", next="https://elsewhere.example/").location == "/account"
        assert said() == "Kept the time zone"
        assert not is_offered(admin)
        with raw.unchanged():
            answer(admin, "UTC")

    def test_is_not_made_to_who_chose_a_zone(self, sign_in):
        assert not is_offered(sign_in("owner", time_zone="Asia/Kolkata"))
        assert not is_offered(sign_in("support", time_zone_chosen=True))

    @pytest.mark.parametrize("wrong", ["", "Mars/Olympus"])
    def test_of_a_zone_that_is_none_leads_to_the_choice(self, admin, wrong):
        with raw.unchanged():
            page = answer(admin, wrong, 422)
        [field] = dom.elements(page.tree, "select", id="account-time_zone")
        assert field.get("aria-invalid") == "true"
        assert "Choose one from the list." in page.words
