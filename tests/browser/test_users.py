"""An invitation and a reset link, from the click of staff to the password of their person."""

import re
import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import check
from tests.browser.pages import REASON, TenantPage, fill_in_sign_in, sign_in
from tests.browser.server import Account
from tests.factories import make_user


@pytest.fixture
def owner(server, tenant):
    """The owner of the tenant that nobody else uses, who has forgotten their password."""
    account = Account(f"olu.{secrets.token_hex(4)}", secrets.token_urlsafe(12))
    with server.inside():
        tenant = make_user("owner", username=account.username, password=account.password).tenant_id
    return account, tenant


def copied_link(page: Page) -> str:
    """Copies the link that is shown once, as people do."""
    shown = page.locator("#link-text").inner_text()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#live")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == shown
    return shown


class TestInvitation:
    def test_leads_from_a_copied_link_to_being_signed_in(self, open_page):
        admin, name = open_page("admin"), f"nia.{secrets.token_hex(4)}"
        admin.goto("/users")
        check(admin)
        admin.get_by_role("link", name="Invite someone").click()
        check(admin)
        admin.get_by_label("Username").fill(name)
        admin.get_by_label("E-mail").fill(f"{name}@console.example")
        admin.get_by_label("Auditor").check()
        admin.get_by_label("Reason").fill(REASON)
        admin.get_by_role("button", name="Create and show the link").click()
        link = copied_link(admin)
        check(admin)
        person = open_page()
        person.goto(link)
        check(person)
        person.get_by_label("Password").fill("short")
        person.keyboard.press("Enter")
        expect(person.get_by_text("Use 12 to 72 characters.")).to_be_visible()
        person.get_by_label("Password").fill("a brand new passphrase")
        person.keyboard.press("Enter")
        expect(person.get_by_role("heading", level=1)).to_have_text("Tenants")
        expect(person.locator(".menu-name")).to_have_text(name)
        person.goto(link)
        expect(person.get_by_role("heading", level=1)).to_have_text(
            "This link does not work any more"
        )
        check(person)
        admin.get_by_role("link", name="Done").click()
        check(admin)
        expect(admin.locator("#history")).to_contain_text("Chose a password by an invitation")

    def test_of_an_owner_begins_with_the_tenant(self, open_page, server, tenant):
        admin = open_page("admin")
        admin.goto("/users/new")
        admin.get_by_role("link", name="invite an owner").click()
        check(admin)
        admin.get_by_label("Find the tenant").press_sequentially("thwind", delay=20)
        admin.get_by_role("link", name="Northwind Dental Group").click()
        expect(admin.get_by_role("heading", level=1)).to_have_text(
            "Invite an owner of Northwind Dental Group"
        )


class TestReset:
    @pytest.mark.parametrize("scripts", [True, False], ids=["script", "no-script"])
    def test_is_two_clicks_from_the_tenant_page(self, open_page, server, owner, scripts):
        account, tenant = owner
        support = open_page("support", java_script_enabled=scripts)
        shown = TenantPage(support, tenant).open()
        shown.more.get_by_role("link", name=f"Reset link for {account.username}").click()
        support.get_by_label("Reason").fill(REASON)
        support.get_by_role("button", name="Create a reset link").click()
        link = support.locator("#link-text").inner_text()
        person = open_page(java_script_enabled=scripts)
        person.goto(link)
        person.get_by_label("Password").fill("a brand new passphrase")
        person.get_by_role("button", name="Set the new password").click()
        expect(person).to_have_url(re.compile(r"/login$"))
        expect(person.get_by_text("Your password is set.")).to_be_visible()
        fill_in_sign_in(person, account, "a brand new passphrase")
        expect(person.get_by_role("heading", level=1)).not_to_have_text("Sign in")
        assert link.rsplit("/", 1)[-1] not in server.complaints()


class TestAccount:
    def test_and_what_may_be_done_to_it(self, open_page, server, account):
        person = open_page()
        sign_in(person, account)
        admin = open_page("admin")
        admin.goto(f"/users?q={account.username}")
        admin.locator("td.list-name a").click()
        check(admin)
        admin.get_by_role("link", name="Change role").click()
        check(admin)
        admin.get_by_role("button", name="Change role").click()
        check(admin)
        admin.get_by_label("Auditor").check()
        admin.get_by_label("Reason").fill(REASON)
        admin.get_by_role("button", name="Change role").click()
        expect(admin.locator("#history")).to_contain_text("from support to auditor")
        person.goto("/tenants/new")
        expect(person.get_by_role("heading", level=1)).to_have_text("You do not have permission")
        admin.get_by_role("link", name="Disable").click()
        check(admin)
        admin.get_by_label("Reason").fill(REASON)
        admin.get_by_role("button", name=f"Disable {account.username}").click()
        expect(admin.locator("#history")).to_contain_text("Disabled the account")
        person.goto("/tenants")
        expect(person.get_by_role("heading", level=1)).to_have_text("Sign in")
