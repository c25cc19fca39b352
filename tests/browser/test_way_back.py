"""Back to where one was: the scroll position, and the address that forms lead back to."""

import re

from playwright.sync_api import expect

from tests.browser.pages import ListPage, TenantPage


class TestScrollPosition:
    def test_is_restored_by_back_and_reload(self, open_page):
        page = open_page("support", viewport={"width": 1440, "height": 500})
        found = ListPage(page).open()
        expect(found.search).to_be_focused()
        name = found.names.nth(20)
        name.scroll_into_view_if_needed()
        before = page.evaluate("scrollY")
        assert before > 0
        name.click()
        expect(page.locator("#tenant-header")).to_be_visible()
        page.go_back()
        expect(found.names.first).to_be_attached()
        page.wait_for_function("before => scrollY === before", arg=before)
        expect(found.search).not_to_be_focused()
        page.reload()
        page.wait_for_function("before => scrollY === before", arg=before)
        expect(found.search).not_to_be_focused()
        # A link to the list is a new visit.
        page.get_by_role("link", name="Tenants", exact=True).click()
        expect(found.search).to_be_focused()


class TestNext:
    def test_of_the_bar_is_the_page_as_it_is_now(self, open_page, tenant):
        page = open_page("support")
        found = ListPage(page).open()
        shown = page.locator("details.menu input[name=next]")
        found.search.fill("northwind")
        expect(page).to_have_url(re.compile("q=northwind"))
        expect(shown).to_have_value(_path(page.url))
        TenantPage(page, tenant).open()
        page.goto(f"/tenants/{tenant}#section-sip")
        expect(shown).to_have_value(f"/tenants/{tenant}#section-sip")
        page.evaluate("location.hash = 'history'")
        expect(shown).to_have_value(f"/tenants/{tenant}#history")


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[3]
