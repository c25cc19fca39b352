"""Copy buttons in a real browser: one press, announced, and only what the page shows."""

import re

from playwright.sync_api import Page, expect

from tests.browser.pages import TenantPage
from tests.factories import make_tenant, make_user
from webui.core.extensions import db
from webui.history.query.labels import field_label
from webui.models import Tenant

CLIPBOARD = ["clipboard-read", "clipboard-write"]


def copied(page: Page, what: str) -> str:
    """What one press on "Copy ..." puts into the clipboard; it is announced, too."""
    live = page.locator("#live")
    live.evaluate("(live) => live.replaceChildren()")
    button = page.get_by_role("button", name=f"Copy {what}", exact=True)
    button.click()
    expect(live).to_have_text("Copied.")
    expect(live).to_have_attribute("aria-live", "polite")
    expect(button).to_be_focused()
    return page.evaluate("navigator.clipboard.readText()")


class TestCopy:
    def test_everything_that_is_passed_on_is_one_press(self, open_page, server):
        values = {
            "sip_domain": "sip.example.com:5061",
            "sip_username": "trunk-1",
            "webhook_url": "https://hooks.example.com/in?a=1&b=2",
        }
        with server.inside():
            tenant = make_tenant(**values).id
            owner = make_user("owner", db.session.get(Tenant, tenant))
            username, email = owner.username, owner.email
        page = open_page("support", permissions=CLIPBOARD)
        TenantPage(page, tenant).open()
        assert copied(page, "tenant id") == str(tenant)
        for name, value in values.items():
            assert copied(page, field_label(name)) == value
        assert copied(page, f"e-mail address of {username}") == email
        page.get_by_role("link", name=username, exact=True).click()
        assert copied(page, "e-mail address") == email
        assert copied(page, "account id") == page.url.rpartition("/")[2]
        page.locator("#history tbody .when a").first.click()
        assert copied(page, "entry id") == page.url.rpartition("/")[2]
        assert copied(page, "request id") == page.locator("#entry-request").inner_text()
        page.goto("/nothing")
        assert copied(page, "request id") == page.locator("#request-id").inner_text()

    def test_what_may_not_be_copied_is_selected_and_said(self, open_page, tenant):
        page = open_page("support")
        shown = TenantPage(page, tenant).open()
        page.evaluate(
            "() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }"
        )
        page.get_by_role("button", name="Copy tenant id").click()
        expect(shown.live).to_have_text(re.compile("not allowed here.* press Ctrl C"))
        assert page.evaluate("getSelection().toString()") == str(tenant)
