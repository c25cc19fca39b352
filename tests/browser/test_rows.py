"""A row of a list opens as a whole what its name links to, and takes nothing else away."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import ListPage
from tests.browser.server import NORTHWIND


@pytest.fixture
def found(open_page) -> Page:
    """The list, filtered by one tenant."""
    page = open_page("support")
    ListPage(page).open("?q=northwind+dental")
    return page


def cell(page: Page):
    """A cell of the row without a link in it."""
    return page.locator("#tenant-list tbody .list-when")


class TestRow:
    def test_opens_the_tenant_in_this_tab_or_another(self, found):
        heading = found.get_by_role("heading", level=1)
        for options in ({"modifiers": ["Control"]}, {"button": "middle"}):
            with found.context.expect_page() as opened:
                cell(found).click(**options)
            expect(opened.value.get_by_role("heading", level=1)).to_have_text(NORTHWIND)
            opened.value.close()
            expect(heading).to_have_text("Tenants")
        cell(found).click()
        expect(heading).to_have_text(NORTHWIND)
        found.go_back()
        expect(heading).to_have_text("Tenants")

    def test_leaves_its_text_to_be_selected(self, found):
        box = cell(found).bounding_box()
        y = box["y"] + box["height"] / 2
        found.mouse.move(box["x"] + 10, y)
        found.mouse.down()
        found.mouse.move(box["x"] + box["width"] - 4, y, steps=5)
        found.mouse.up()
        assert found.evaluate("getSelection().toString()")
        # A navigation would have begun by now: this answer comes after it.
        found.evaluate("() => fetch('/livez').then((answer) => answer.text())")
        expect(found.get_by_role("heading", level=1)).to_have_text("Tenants")

    def test_leaves_other_links_and_the_keyboard_alone(self, open_page):
        page = open_page("support")
        page.goto("/users?q=dana.reyes")
        organisation = page.locator(".list tbody .list-organisation a")
        organisation.click()
        expect(page).to_have_url(re.compile("/tenants/"))
        page.go_back()
        # A row is no stop of its own: the name is one, and the next are the row's other links.
        page.locator(".list tbody a.name").focus()
        page.keyboard.press("Tab")
        expect(organisation).to_be_focused()
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("/users/[0-9a-f-]{36}$"))
