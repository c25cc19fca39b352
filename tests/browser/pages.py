"""The pages as people use them: by what they read, not by how it is built."""

import re
from typing import Any, Self
from uuid import UUID

from playwright.sync_api import Locator, Page, expect

from tests.browser.server import Account
from webui.core.catalogue import FIELDS
from webui.core.field_types import Choice
from webui.tenants.core.sections import SECTIONS

REASON = "Agreed by phone, ticket 4711"


def sign_in(page: Page, account: Account) -> None:
    """Signs in on the sign-in page and waits for the page behind it."""
    page.goto("/login")
    fill_in_sign_in(page, account)
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Sign in")


def fill_in_sign_in(page: Page, account: Account, password: str | None = None) -> None:
    """Sends the sign-in form that is on the page; other forms may be there as well."""
    button = page.get_by_role("button", name="Sign in")
    form = page.locator("form").filter(has=button)
    form.get_by_label("Username").fill(account.username)
    form.get_by_label("Password").fill(password or account.password)
    button.click()


def sign_out(page: Page) -> None:
    """Signs out by the menu."""
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


class Form:
    """A form that asks for a reason."""

    def __init__(self, page: Page, root: Locator, prefix: str, button: str) -> None:
        self.page = page
        self.root = root
        self.save_button = root.get_by_role("button", name=button)
        self._prefix = prefix

    def field(self, name: str) -> Locator:
        return self.root.locator(f"#{self._prefix}-{name}")

    def error(self, name: str) -> Locator:
        return self.root.locator(f"#{self._prefix}-{name}-error")

    def note(self, name: str) -> Locator:
        """What a conflict says beside a field."""
        return self.root.locator(f"#{self._prefix}-{name}-note")

    def fill(self, reason: str = REASON, **values: Any) -> Self:
        """Types, chooses and switches."""
        for name, value in {**values, "reason": reason}.items():
            field = self.field(name)
            if isinstance(value, bool):
                field.set_checked(value)
            elif isinstance(FIELDS.get(name), Choice):
                field.select_option(value)
            else:
                field.fill(str(value))
        return self

    def save(self) -> None:
        self.save_button.click()


class TenantPage:
    """The tenant page and the forms in it."""

    def __init__(self, page: Page, tenant_id: UUID) -> None:
        self.page = page
        self.path = f"/tenants/{tenant_id}"
        self.header = page.locator("#tenant-header")
        self.now = page.locator("#tenant-now")
        self.more = page.locator("#tenant-more")
        self.rows = page.locator("table#history tbody tr")
        self.live = page.locator("#live")
        self.saved = page.locator(".saved-line")
        self.older = page.get_by_role("link", name="Older")

    def open(self) -> Self:
        self.page.goto(self.path)
        return self

    def card(self, section: str) -> Locator:
        return self.page.locator(f"section#section-{section}")

    def fact(self, label: str) -> Locator:
        """The value beside a label."""
        return self.page.locator(".facts > div").filter(has_text=re.compile(f"^{label}"))

    def edit_link(self, section: str) -> Locator:
        title = SECTIONS[section].title
        return self.card(section).get_by_role("link", name=f"Edit {title}", exact=True)

    def edit(self, section: str) -> Form:
        """Opens the form of a section in its place."""
        self.edit_link(section).click()
        return self.opened(section)

    def opened(self, section: str) -> Form:
        """Waits until the form of a section has the focus: only then do its keys and links work."""
        form = self.form(section)
        expect(form.root.locator(":focus")).to_have_count(1)
        expect(form.save_button).to_be_visible()
        return form

    def form(self, section: str) -> Form:
        return Form(self.page, self.card(section), section, "Save")

    def save(self, section: str, **values: Any) -> None:
        """Changes a section and waits until it is saved."""
        self.edit(section).fill(**values).save()
        expect(self.edit_link(section)).to_be_visible()

    def expect_saved(self, sentence: str, reason: str = REASON) -> None:
        """The newest row says what was changed, just now."""
        newest = self.rows.first
        expect(newest).to_have_class("fresh")
        expect(newest).to_contain_text(sentence)
        expect(newest).to_contain_text(reason)
        expect(newest).to_contain_text("just now")
        expect(self.page.locator("tr.fresh")).to_have_count(1)


class StatusPage:
    """The form of a tenant's status."""

    def __init__(self, page: Page, tenant_id: UUID) -> None:
        self.page = page
        self.path = f"/tenants/{tenant_id}/status"
        self.form = Form(page, page.locator("#status-form"), "status", "Change status")

    def open(self) -> Self:
        self.page.goto(self.path)
        return self

    def choose(self, status: str) -> None:
        self.page.locator(f"input[name=status][value={status}]").check()

    def service(self, label: str) -> Locator:
        return self.page.get_by_role("checkbox", name=label, exact=True)


class ListPage:
    """The list of tenants."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.search = page.get_by_role("searchbox", name="Search")
        self.names = page.locator("#tenant-list td.list-name a")
        self.chips = page.locator(".chip")
        self.fold = page.locator(".filter-fold > summary")
        self.rows = page.locator("#tenant-list tbody")

    def open(self, query: str = "") -> Self:
        self.page.goto(f"/tenants{query}")
        return self


class NewTenantPage:
    """The form of a new tenant."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.form = Form(page, page.locator("main"), "new", "Create tenant")

    def open(self) -> Self:
        self.page.goto("/tenants/new")
        return self
