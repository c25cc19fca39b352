"""The time zone of a page: named once, at its end."""

import re
from dataclasses import dataclass

import pytest

from tests.web import dom
from tests.web.pages import tenant_url


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
