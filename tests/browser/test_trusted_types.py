"""Trusted types in a real browser: only htmx makes markup of text, and runs no script in it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.pages import sign_in, sign_out

_MAKE_MARKUP = """() => {
  try { document.querySelector("#live").innerHTML = "<img src=x onerror=alert(1)>"; }
  catch (error) { return error.name; }
  return document.querySelector("#live").innerHTML;
}"""
_POLICY = """(name) => {
  try { trustedTypes.createPolicy(name, { createHTML: (text) => text }); }
  catch (error) { return error.name; }
  return "made";
}"""
_SWAP = """async () => {
  const answer = '<p id="swapped">new<script>window.ran = true</script></p>';
  window.fetch = async () => new Response(answer, { headers: { "X-Request-ID": "1" } });
  await htmx.ajax("GET", "/tenants", { target: "#live", swap: "innerHTML" });
}"""


@pytest.fixture
def page(open_page, watches):
    page = open_page("support")
    page.goto("/tenants")
    yield page
    # Each attempt is also reported in the browser's own log.
    watches[-1].forgive(
        "TrustedHTML|TrustedScript|TrustedTypePolicy|[Cc]ontent.[Ss]ecurity|createScript"
    )


class TestText:
    def test_becomes_no_markup(self, page):
        assert page.evaluate(_MAKE_MARKUP) == "TypeError"
        assert page.locator("#live").inner_html() == ""

    @pytest.mark.parametrize("name", ["htmx", "default", "mine"])
    def test_gets_no_policy_of_its_own(self, page, name):
        assert page.evaluate(_POLICY, name) == "TypeError"

    def test_of_an_answer_runs_no_script(self, page):
        page.evaluate(_SWAP)
        assert page.evaluate("window.ran") is None


class TestConsole:
    def test_goes_on_swapping(self, page):
        page.evaluate("window.kept = true")
        page.locator("main").get_by_role("searchbox").fill("northwind")
        expect(page).to_have_url(re.compile("q=northwind"))
        expect(page.locator("main")).to_contain_text("Northwind Dental Group")
        assert page.evaluate("window.kept")


class TestSignOut:
    def test_keeps_the_theme_of_the_device(self, open_page, account):
        page = open_page(color_scheme="light")
        sign_in(page, account)
        page.locator("details.menu summary").click()
        page.get_by_role("button", name="Dark").click()
        sign_out(page)
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
