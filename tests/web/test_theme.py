"""Light, dark or as the device: right on the first paint."""

import pytest

from tests import raw
from tests.web import dom


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
