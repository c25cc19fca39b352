"""Light, dark or the system's: right on the first paint."""

import pytest

from tests import raw
from tests.factories import make_tenant
from tests.web import dom
from tests.web.pages import REASON, edit_url


def chosen(page):
    """What the root element says before any script runs."""
    [root] = dom.elements(page.tree, "html")
    return root.get("data-theme"), root.get("data-bs-theme")


def choose(browser, page, theme, **more):
    """Presses a button of the menu."""
    [form] = dom.elements(page.tree, "form", action="/theme")
    fields = dom.fields(form) | {"theme": [theme]} | more
    return browser.post("/theme", fields, 303)


class TestTheme:
    def test_is_the_devices_at_first(self, browser):
        page = browser.get("/login")
        assert chosen(page) == ("auto", None)

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_is_remembered_and_there_on_the_first_paint(self, browser, theme):
        choose(browser, browser.get("/login"), theme)
        page = browser.get("/login")
        assert chosen(page) == (theme, theme)
        [pressed] = [
            b for b in dom.elements(page.tree, "button") if b.get("aria-pressed") == "true"
        ]
        assert pressed.get("value") == theme
        choose(browser, page, "auto")
        assert chosen(browser.get("/login")) == ("auto", None)

    def test_outlives_signing_in_and_out(self, browser, sign_in):
        admin = sign_in("admin")
        choose(admin, admin.get("/tenants"), "dark")
        admin.post("/logout", {"csrf_token": admin.token()}, 303)
        assert chosen(admin.get("/login")) == ("dark", "dark")
        assert chosen(admin.get("/nothing", 404)) == ("dark", "dark")

    def test_leads_back_to_the_page(self, admin, tenant):
        url = "/tenants?q=north&sort=-name"
        assert choose(admin, admin.get(url), "dark").location == url
        for evil in ("//evil.example", "https://evil.example", "/\\evil.example"):
            assert choose(admin, admin.get(url), "dark", next=[evil]).location == "/"

    def test_leads_back_from_a_refused_form_to_its_page(self, admin, tenant):
        """That page has the address of the save, which is no page."""
        url = edit_url(tenant, "billing")
        refused = admin.post_form(url, 422, max_concurrent_calls="many", reason=REASON)
        assert choose(admin, refused, "dark").location == url

    def test_leads_back_from_a_form_that_says_less_than_its_page(self, sign_in):
        """The address that the wizard is sent to may leave out the step."""
        owner = sign_in("owner", make_tenant())
        fields = owner.get("/onboarding/organisation").fields | {"name": [""]}
        refused = owner.post(
            "/onboarding", fields, 422, Referer="http://localhost/onboarding/organisation"
        )
        assert choose(owner, refused, "dark").location == "/onboarding/organisation"

    def test_by_htmx_is_stored_without_leaving_the_page(self, admin):
        [form] = dom.elements(admin.get("/tenants").tree, "form", action="/theme")
        answer = admin.post("/theme", dom.fields(form) | {"theme": ["dark"]}, 200, htmx=True)
        assert "HX-Redirect" not in answer.headers
        assert chosen(admin.get("/account")) == ("dark", "dark")
        admin.post("/logout", {"csrf_token": admin.token()}, 303)
        assert chosen(admin.get("/login")) == ("dark", "dark")

    def test_that_does_not_exist_is_the_devices(self, browser):
        for theme in ("neon", "", '"><script>'):
            choose(browser, browser.get("/login"), theme)
            assert chosen(browser.get("/login")) == ("auto", None)
        browser.client.set_cookie("theme", '"><b>')
        assert chosen(browser.get("/login")) == ("auto", None)

    def test_is_kept_in_a_cookie_for_a_year(self, browser):
        with raw.unchanged():
            answer = choose(browser, browser.get("/login"), "dark")
        [cookie] = [c for c in answer.headers.getlist("Set-Cookie") if c.startswith("theme=")]
        parts = {part.strip().lower() for part in cookie.split(";")}
        assert {"theme=dark", "max-age=31536000", "httponly", "path=/", "samesite=lax"} <= parts

    def test_needs_a_csrf_token(self, browser):
        browser.get("/login")
        browser.post("/theme", {"theme": "dark"}, 400)
        assert chosen(browser.get("/login")) == ("auto", None)
