"""Light, dark and automatic: right before anything is painted, and remembered."""

import pytest
from playwright.sync_api import expect

from tests.browser.pages import TenantPage

# The theme when the body appears, and theme and background in every frame that is painted.
_RECORD = """
window.early = null;
window.painted = [];
const theme = () => document.documentElement.dataset.bsTheme ?? "none";
new MutationObserver((_, observer) => {
  if (!document.body) return;
  observer.disconnect();
  window.early = theme();
}).observe(document, { childList: true, subtree: true });
const frame = () => {
  if (document.body) {
    const now = `${theme()} ${getComputedStyle(document.body).backgroundColor}`;
    if (now !== window.painted.at(-1)) window.painted.push(now);
  }
  requestAnimationFrame(frame);
};
requestAnimationFrame(frame);
"""


def choose(page, label):
    page.locator("details.menu summary").click()
    page.get_by_role("button", name=label).click()


def background(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


class TestFirstPaint:
    @pytest.mark.parametrize("device", ["light", "dark"])
    @pytest.mark.parametrize("chosen", ["auto", "light", "dark"])
    def test_is_in_the_right_theme(self, open_page, server, device, chosen):
        page = open_page(color_scheme=device)
        page.context.add_cookies([{"name": "theme", "value": chosen, "url": server.origin}])
        page.add_init_script(_RECORD)
        page.goto("/login")
        expected = device if chosen == "auto" else chosen
        expect(page.locator("html")).to_have_attribute("data-bs-theme", expected)
        page.wait_for_function("window.painted.length")
        assert page.evaluate("window.early") == expected
        assert page.evaluate("window.painted") == [f"{expected} {background(page)}"]

    def test_themes_look_different(self, open_page):
        looks = set()
        for device in ("light", "dark"):
            page = open_page(color_scheme=device)
            page.goto("/login")
            looks.add(background(page))
        assert len(looks) == 2


class TestChoice:
    def test_stays(self, open_page, tenant):
        page = open_page("support", color_scheme="light")
        shown = TenantPage(page, tenant).open()
        choose(page, "Dark")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
        expect(shown.header).to_be_visible()
        page.locator("details.menu summary").click()
        expect(page.get_by_role("button", pressed=True)).to_have_text("Dark")
        page.goto("/tenants")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
        page.emulate_media(color_scheme="dark")
        choose(page, "Light")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
        # The account keeps its choice, and other tests share the account.
        choose(page, "System")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")

    def test_as_the_device_follows_it_at_once(self, open_page):
        page = open_page(color_scheme="light")
        page.goto("/login")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
        page.emulate_media(color_scheme="dark")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
