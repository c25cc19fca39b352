"""The filters on a phone and on a wide screen: one line to open there, and nothing that jumps."""

import pytest
from playwright.sync_api import expect

from tests.browser.history_pages import HistoryPage
from tests.browser.pages import ListPage

PHONE = {"viewport": {"width": 390, "height": 844}}
WRONG = "?since=2026-02-02T00:00&until=2026-01-01T00:00"


def top(rows):
    """Where the first of them begins on the screen."""
    return rows.bounding_box()["y"]


class TestFold:
    @pytest.mark.parametrize("scripts", [True, False], ids=["htmx", "plain"])
    def test_is_one_line_on_a_phone_until_it_is_opened(self, open_page, scripts):
        history = HistoryPage(open_page("support", java_script_enabled=scripts, **PHONE)).open()
        expect(history.form).to_be_hidden()
        assert top(history.days.first) < 200
        history.fold.click()
        expect(history.form).to_be_visible()
        history.page.get_by_label("Field", exact=True).select_option("name")
        history.page.get_by_role("button", name="Show").click()
        expect(history.fold).to_have_text("Filters (1)")
        expect(history.form).to_be_hidden()
        expect(history.rows.first).to_be_in_viewport()

    def test_is_no_fold_on_a_wide_screen(self, open_page):
        history = HistoryPage(open_page("support")).open()
        expect(history.fold).to_be_hidden()
        expect(history.form).to_be_visible()

    def test_stays_open_while_one_chooses(self, open_page):
        history = HistoryPage(open_page("support", **PHONE)).open()
        history.fold.click()
        history.page.get_by_text("Exact times and more filters").click()
        history.choose("Field", "Name")
        expect(history.chips).to_have_count(1)
        expect(history.page.locator("#field")).to_be_focused()
        expect(history.page.get_by_label("From", exact=True)).to_be_visible()

    def test_is_open_where_something_in_it_is_wrong(self, open_page):
        history = HistoryPage(open_page("support", **PHONE)).open(WRONG)
        expect(
            history.page.get_by_text("The end of the range is before its beginning.")
        ).to_be_visible()

    def test_of_the_list_counts_what_is_chosen(self, open_page):
        found = ListPage(open_page("support", **PHONE)).open()
        status = found.page.get_by_label("Status", exact=True)
        expect(status).to_be_hidden()
        found.fold.click()
        status.select_option("suspended")
        expect(found.fold).to_have_text("Filters and order (1)")
        expect(status).to_be_visible()
        found.fold.click()
        expect(found.chips).to_have_text(["Status: Suspended ×"])


class TestChoosing:
    @pytest.mark.parametrize("width", [1440, 390])
    def test_does_not_move_the_list(self, open_page, width):
        found = ListPage(open_page("support", viewport={"width": width, "height": 844})).open()
        if width < 768:
            found.fold.click()
        before = top(found.rows)
        found.page.get_by_label("Status", exact=True).select_option("suspended")
        expect(found.fold).to_have_text("Filters and order (1)")
        found.page.get_by_label("Plan", exact=True).select_option("business")
        expect(found.fold).to_have_text("Filters and order (2)")
        assert top(found.rows) == before

    @pytest.mark.parametrize("typed", ["no", "north"])
    def test_by_typing_does_not_move_it_either(self, open_page, typed):
        found = ListPage(open_page("support", **PHONE)).open()
        before = top(found.rows)
        found.search.press_sequentially(typed)
        expect(found.chips).to_have_count(1)
        assert top(found.rows) == before

    def test_does_not_move_the_accounts(self, open_page):
        page = open_page("admin")
        page.goto("/users")
        rows = page.locator("#user-list tbody")
        before = top(rows)
        page.get_by_label("Role", exact=True).select_option("support")
        expect(page.locator(".chip")).to_have_text(["Role: Support ×"])
        assert top(rows) == before

    def test_does_not_move_the_entries(self, open_page):
        history = HistoryPage(open_page("support")).open()
        before = top(history.days.first)
        history.choose("Field", "Name")
        expect(history.chips).to_have_count(1)
        assert top(history.days.first) == before


class TestTargets:
    SMALL = """elements => elements.filter((element) => element.checkVisibility())
      .map((element) => [element.getBoundingClientRect(), element.outerHTML.slice(0, 120)])
      .filter(([box]) => box.width > 1 && (box.height < 24 || box.width < 24))
      .map(([, html]) => html)"""

    @pytest.mark.parametrize("path", ["/tenants?status=suspended", "/audit?field=name", "/users"])
    def test_are_large_enough_for_a_finger(self, open_page, path):
        page = open_page("admin", **PHONE)
        page.goto(path)
        links = page.locator("a:not(.skip-link, .sort), summary, button:not(.visually-hidden)")
        assert links.evaluate_all(self.SMALL) == []

    def test_are_so_on_a_tenants_page(self, tenant_page):
        tenant_page.page.set_viewport_size(PHONE["viewport"])
        links = tenant_page.page.locator("a:not(.skip-link), summary, button")
        assert links.evaluate_all(self.SMALL) == []
