"""API tokens, from the form of a new one to its end, with and without JavaScript."""

import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.api_tokens import make_token
from tests.browser import axe
from tests.browser.axe import check
from tests.browser.pages import REASON, sign_in
from tests.browser.server import Account
from tests.browser.virtual_device import Device, add_passkey
from tests.factories import make_user
from webui.crypto.token_text import is_wellformed

LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen12"
ARABIC = "مركز الياسمين الطبي (فرع 2)"


def fill_in(page: Page, account: Account, name: str) -> None:
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Purpose").fill("Copies new customers")
    page.get_by_label("Read tenants").check()
    page.locator("[name=current_password]").fill(account.password)


class TestToken:
    def test_is_made_copied_and_revoked(self, open_page, account, server):
        page = open_page()
        sign_in(page, account)
        page.goto("/account")
        expect(page.locator("#tokens")).to_contain_text("You have none.")
        page.get_by_role("link", name="New token").click()
        check(page)
        page.get_by_role("button", name="Create and show the token").click()
        expect(page.get_by_label("Name", exact=True)).to_be_focused()
        expect(page.get_by_text("Choose at least one.")).to_be_visible()
        check(page)
        fill_in(page, account, LONG_WORD)
        page.get_by_role("button", name="Create and show the token").click()
        token = page.locator("#new-token-text").inner_text()
        assert is_wellformed(token)
        expect(page.get_by_role("button", name="Copy token")).to_be_focused()
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.keyboard.press("Enter")
        expect(page.locator("#live")).to_have_text("Copied.")
        assert page.evaluate("navigator.clipboard.readText()") == token
        check(page)
        page.get_by_role("link", name="Done").click()
        check(page)
        assert token not in page.content()
        page.get_by_role("link", name=f"Revoke {LONG_WORD}").press("Enter")
        check(page)
        assert axe.overflow(page) == []
        page.get_by_role("button", name=f"Revoke {LONG_WORD}").press("Enter")
        expect(page.get_by_text("The token is revoked.")).to_be_visible()
        expect(page.locator("#tokens")).to_contain_text("Revoked")
        check(page)
        assert token not in server.complaints()

    def test_is_confirmed_by_a_passkey(self, open_page, local, account):
        page = open_page(on=local)
        sign_in(page, account)
        page.goto("/account/passkeys/new")
        Device(page)
        add_passkey(page, "Laptop", account.password)
        page.goto("/account/tokens/new")
        check(page)
        fill_in(page, account, "CRM sync")
        page.get_by_role("button", name="Create and show the token").click()
        assert is_wellformed(page.locator("#new-token-text").inner_text())

    def test_needs_no_script(self, open_page, account):
        page = open_page(java_script_enabled=False)
        sign_in(page, account)
        page.goto("/account/tokens/new")
        fill_in(page, account, "CRM sync")
        page.get_by_role("button", name="Create and show the token").click()
        assert is_wellformed(page.locator("#new-token-text").inner_text())
        page.get_by_role("link", name="Done").click()
        page.get_by_role("link", name="Revoke CRM sync").click()
        page.get_by_role("button", name="Revoke CRM sync").click()
        expect(page.locator("#tokens")).to_contain_text("Revoked")


class TestAdmin:
    @pytest.fixture
    def owner(self, server):
        with server.inside():
            user = make_user("owner", username=f"olu.{secrets.token_hex(4)}")
            for name in (LONG_WORD, ARABIC):
                make_token(user, name=name, days=5)
            return user

    def test_sees_all_and_revokes_one(self, open_page, owner):
        page = open_page("admin")
        page.goto("/users")
        page.get_by_role("link", name="API tokens").click()
        check(page)
        assert axe.overflow(page, (320, 768)) == []
        page.get_by_role("link", name=owner.username).first.click()
        check(page)
        page.get_by_role("link", name=f"Revoke {ARABIC}").click()
        expect(page.get_by_label("Reason")).to_be_focused()
        check(page)
        page.get_by_role("button", name=f"Revoke {ARABIC}").click()
        check(page)
        page.get_by_label("Reason").fill(REASON)
        page.get_by_role("button", name=f"Revoke {ARABIC}").click()
        expect(page.locator("#tokens")).to_contain_text("Revoked")
        expect(page.locator("#history tbody tr").first).to_contain_text(REASON)
        check(page)
