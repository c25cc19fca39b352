"""Sign-up and the wizard as people use them."""

import secrets
from typing import Any, Self

from playwright.sync_api import Locator, Page, expect

from tests.browser.server import Account
from webui.core.catalogue import FIELDS
from webui.core.field_types import Choice

QUESTIONS = {
    "organisation": "What is your organisation called?",
    "billing": "How many calls do you expect?",
    "sip": "Do you have a phone system to connect?",
    "features": "What should we keep?",
    "compliance": "What do people tell you on the phone?",
    "webhook": "Send events to your software?",
    "review": "Is everything right?",
}


def sign_up(page: Page, organisation: str) -> Account:
    """Comes in by the link on the sign-in page."""
    page.goto("/login")
    page.get_by_role("link", name="Set up your organisation").click()
    return fill_in_sign_up(page, organisation)


def fill_in_sign_up(page: Page, organisation: str) -> Account:
    """Sends the sign-up form that is on the page."""
    account = Account(f"ana.{secrets.token_hex(4)}", secrets.token_urlsafe(12))
    page.get_by_label("Organisation").fill(organisation)
    page.get_by_label("Username").fill(account.username)
    page.get_by_label("E-mail").fill("ana@aurora.example")
    page.get_by_label("Password").fill(account.password)
    page.get_by_role("button", name="Create the account").click()
    return account


class Wizard:
    """The step that is on the page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.question = page.get_by_role("heading", level=1)
        self.skip = page.get_by_role("button", name="Skip for now")
        self.places = page.get_by_role("navigation", name="Steps")
        self.back = page.get_by_role("button", name="Back", exact=True)
        self.leave = page.get_by_role("button", name="Save and leave")
        self.next = page.locator(".wizard-actions button[value=next]")

    def at(self, step: str) -> Self:
        """Waits for a step."""
        expect(self.question).to_have_text(QUESTIONS[step])
        return self

    def field(self, step: str, name: str) -> Locator:
        return self.page.locator(f"#{step}-{name}")

    def fill(self, step: str, **values: Any) -> Self:
        """Types, chooses and switches."""
        for name, value in values.items():
            if name == "billing_plan":
                self.page.locator(f"input[name=billing_plan][value={value}]").check()
                continue
            field = self.field(step, name)
            if isinstance(value, bool):
                field.set_checked(value)
            elif isinstance(FIELDS[name], Choice):
                field.select_option(value)
            else:
                field.fill(str(value))
        return self

    def save(self, step: str, **values: Any) -> None:
        """Fills a step in and goes on."""
        self.at(step).fill(step, **values)
        self.next.click()
