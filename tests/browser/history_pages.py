"""The pages of the history as people use them."""

import re
from typing import Self

from playwright.sync_api import Locator, Page, expect

from tests.browser.pages import REASON


class HistoryPage:
    """The whole history, or one tenant's."""

    def __init__(self, page: Page, path: str = "/audit") -> None:
        self.page = page
        self.path = path
        self.rows = page.locator("table#history tr[id^=audit-]")
        self.days = page.locator("table#history tr.day")
        self.chips = page.locator(".chip")
        self.fold = page.locator(".filter-fold > summary")
        self.form = page.locator("#filters .filter-row").first
        self.tenant = page.get_by_role("searchbox", name="Tenant", exact=True)
        self.who = page.get_by_role("searchbox", name="Who", exact=True)

    def open(self, query: str = "") -> Self:
        self.page.goto(self.path + query)
        return self

    def pick(self, box: Locator, typed: str, name: str) -> None:
        """Types into a picker and chooses a match."""
        box.press_sequentially(typed)
        self.page.locator(".matches").get_by_role("link", name=re.compile(name)).click()
        expect(self.chips.filter(has_text=name)).to_be_visible()

    def choose(self, label: str, choice: str) -> None:
        """Chooses from a list; the page narrows at once."""
        box = self.page.get_by_label(label, exact=True)
        box.focus()
        box.select_option(label=choice)

    def remove(self, words: str) -> None:
        self.page.get_by_role("link", name=f"Remove {words}", exact=True).click()
        expect(self.chips.filter(has_text=words)).to_have_count(0)


class RevertPage:
    """The preview of an undo."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.steps = page.locator("table.steps-back tbody tr")
        self.button = page.get_by_role("button", name=re.compile("^Undo"))

    def confirm(self) -> None:
        self.page.get_by_label("Reason").fill(REASON)
        self.button.click()
