"""No write that another site's page sends, whichever route and whatever else it carries."""

import re

import pytest

from tests import raw
from tests.history import count_entries
from tests.web.pages import PASSWORD, edit_url, tenant_url
from tests.web.visiting import page_rules
from webui.web.posted.fetch_site import FROM_ELSEWHERE, changes_nothing

FOREIGN = ("cross-site", "same-site", "", "same-origin, cross-site", "Same-Origin")


def posts(app):
    """Endpoint and address of every route that takes a POST."""
    found = [r for r in page_rules(app) if "POST" in r.methods]
    ids = "00000000-0000-4000-8000-000000000000"
    names = {"section": "billing", "step": "organisation", "token": "t" * 43}

    def fill(match):
        return names.get(match.group(1), ids)

    return {r.endpoint: re.sub(r"<(?:[^:<>]+:)?(\w+)>", fill, r.rule) for r in found}


class TestWrites:
    @pytest.mark.parametrize("site", FOREIGN)
    def test_of_another_site_change_nothing(self, admin, tenant, site):
        page = admin.get(edit_url(tenant, "features"))
        before, entries = raw.everything(), count_entries()
        data = page.fields | {"retention_days": ["5"], "reason": ["Because"]}
        answer = admin.post(tenant_url(tenant, "features"), data, 400, sec_fetch_site=site)
        assert FROM_ELSEWHERE in answer.words
        assert (raw.everything(), count_entries()) == (before, entries)

    @pytest.mark.parametrize("site", ["same-origin", "none"])
    def test_of_the_own_pages_are_saved(self, admin, tenant, site):
        page = admin.get(edit_url(tenant, "features"))
        data = page.fields | {"retention_days": ["5"], "reason": ["Because"]}
        admin.post(tenant_url(tenant, "features"), data, 303, sec_fetch_site=site)

    def test_are_refused_on_every_route_that_can_save(self, app, admin, browser):
        for endpoint, url in posts(app).items():
            free = getattr(app.view_functions[endpoint], "changes_nothing", False)
            for person in (admin, browser):
                answer = person.client.post(url, headers={"Sec-Fetch-Site": "same-site"})
                assert (answer.status_code == 400) is not free, url

    def test_are_declared_free_for_reports_alone(self, app):
        views = app.view_functions
        free = {name for name in posts(app) if getattr(views[name], "changes_nothing", False)}
        assert free == {"csp_reports.receive"}
        assert changes_nothing(views["csp_reports.receive"]) is views["csp_reports.receive"]

    def test_sign_nobody_in(self, browser):
        data = {"csrf_token": browser.token("/login"), "username": "x", "password": PASSWORD}
        browser.post("/login", data, 400, sec_fetch_site="same-site")
        assert raw.rows("SELECT count(*) FROM try_counters") == [(0,)]


class TestReading:
    def test_is_open_to_links_of_other_sites(self, admin):
        admin.get("/tenants", 200, sec_fetch_site="cross-site")


class TestSignOut:
    @pytest.mark.parametrize("htmx", [False, True])
    def test_clears_what_the_browser_kept_but_no_cookie(self, admin, htmx):
        data = {"csrf_token": admin.token()}
        answer = admin.post("/logout", data, 200 if htmx else 303, htmx=htmx)
        assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'

    def test_alone_clears_it(self, admin):
        assert "Clear-Site-Data" not in admin.get("/tenants").headers
