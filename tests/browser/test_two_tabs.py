"""Two tabs of one browser at the sign-in page: the second one was opened before the sign-in."""

import re
import secrets

from playwright.sync_api import expect

from tests.browser.pages import fill_in_sign_in
from tests.browser.server import Account
from tests.browser.virtual_device import Device, add_passkey
from tests.factories import make_user

# The token of a form from before the sign-in is too old.
_REFUSED = r"status of 400 \(BAD REQUEST\)"


def tabs(page, *paths):
    """Tabs of one browser that lead to the sign-in page."""
    found = [page, *(page.context.new_page() for _ in paths[1:])]
    for tab, path in zip(found, paths, strict=True):
        tab.goto(path)
    return found


class TestSignIn:
    def test_in_the_second_tab_goes_on_or_says_who_is_signed_in(
        self, open_page, server, account, watches
    ):
        paths = ("/users", "/tenants?q=north#filters", "/tenants/new")
        first, second, third = tabs(open_page(), *paths)
        fill_in_sign_in(first, account)
        expect(first).to_have_url(re.compile("/users$"))
        fill_in_sign_in(second, account)
        expect(second).to_have_url(re.compile(r"/tenants\?q=north#filters$"))
        fill_in_sign_in(third, server.accounts["admin"])
        expect(third.get_by_role("alert")).to_contain_text(
            f"You are signed in as {account.username}"
        )
        expect(third.get_by_label("Username")).to_have_value(server.accounts["admin"].username)
        expect(third.get_by_label("Password", exact=True)).to_be_focused()
        third.get_by_role("link", name="Go on as").click()
        expect(third).to_have_url(re.compile("/tenants/new$"))
        expect(third.locator(".menu-name")).to_have_text(account.username)
        watches[-1].forgive(_REFUSED)

    def test_in_place_of_a_page_asks_before_somebody_is_signed_out(
        self, open_page, server, account, tenant, watches
    ):
        """The session ended, and in another tab somebody else has signed in meanwhile."""
        page = open_page()
        page.goto("/login")
        fill_in_sign_in(page, account)
        expect(page.locator(".menu-name")).to_have_text(account.username)
        page.goto(f"/tenants/{tenant}")
        server.expire_sessions(account.username)
        page.get_by_role("link", name="Edit Billing").click()
        expect(page.get_by_text("Your session has ended")).to_be_visible()
        other = page.context.new_page()
        other.goto("/login")
        fill_in_sign_in(other, server.accounts["auditor"])
        expect(other.locator(".menu-name")).to_have_text(server.accounts["auditor"].username)
        fill_in_sign_in(page, account)
        expect(page.get_by_role("link", name="Go on as lea.novak")).to_be_visible()
        fill_in_sign_in(page, account)
        expect(page).to_have_url(re.compile(f"/tenants/{tenant}$"))
        expect(page.locator(".menu-name")).to_have_text(account.username)
        watches[-1].forgive(_REFUSED)

    def test_by_passkey_says_who_is_signed_in_and_works_when_pressed_again(
        self, open_page, local, account, watches
    ):
        somebody = Account(f"lee.{secrets.token_hex(4)}", secrets.token_urlsafe(12))
        with local.inside():
            make_user("owner", password=somebody.password, username=somebody.username)
        page = open_page(on=local)
        Device(page)
        page.goto("/login")
        fill_in_sign_in(page, somebody)
        expect(page.locator(".menu-name")).to_have_text(somebody.username)
        add_passkey(page, "Work laptop", somebody.password)
        page.locator("details.menu summary").click()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("button", name="Use a passkey")).to_be_visible()
        other = page.context.new_page()
        other.goto("/login")
        fill_in_sign_in(other, account)
        expect(other.locator(".menu-name")).to_have_text(account.username)
        button = page.get_by_role("button", name="Use a passkey")
        button.click()
        expect(page.get_by_text(f"You are signed in as {account.username}")).to_be_visible()
        button.click()
        expect(page.locator(".menu-name")).to_have_text(somebody.username)
        watches[-1].forgive(_REFUSED)
