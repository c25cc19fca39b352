"""What changed in how one signs in: on every page, until it is dismissed."""

import secrets
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import check
from tests.browser.keyboard import Keyboard
from tests.browser.pages import TenantPage, sign_in
from tests.browser.server import Account
from tests.factories import make_user
from webui.accounts.factors import notices
from webui.core.extensions import write_transaction
from webui.models.notice import NoticeKind

KINDS = (NoticeKind.PASSWORD_RESET, NoticeKind.AUTHENTICATOR_ADDED)


@pytest.fixture
def told(server, open_page) -> Callable[..., Page]:
    """Opens a page of somebody of the role who was not told yet; what is to be told by whom."""

    def told(role: str = "support", **options) -> Page:
        account = Account(f"kim.{secrets.token_hex(4)}", secrets.token_urlsafe(12))
        with server.inside():
            user = make_user(role, password=account.password, username=account.username)
            with write_transaction():
                for kind in KINDS:
                    notices.add(user.id, kind, "noor.hadi")
        page = open_page(**options)
        sign_in(page, account)
        return page

    return told


class TestNotices:
    def test_are_dismissed_by_keyboard_and_leave_one_where_one_is(self, told):
        page = told()
        bar = page.get_by_role("complementary", name="About your account")
        for path in ("/account", "/audit", "/tenants?q=n"):
            page.goto(path)
            expect(bar).to_contain_text("An authenticator app was added.")
            expect(bar).to_contain_text("A new password was set with a reset link from noor.hadi.")
        keyboard = Keyboard(page)
        page.get_by_role("link", name="Skip to content").focus()
        keyboard.tab_to(page.get_by_role("button", name="Dismiss"))
        keyboard.press("Enter")
        expect(bar).to_have_count(0)
        expect(page.get_by_role("main")).to_be_focused()
        assert page.url.endswith("/tenants?q=n")
        page.goto("/account")
        expect(bar).to_have_count(0)
        changes = page.get_by_role("region", name="Recent changes")
        expect(changes).to_contain_text("An authenticator app was added.")

    def test_do_not_cost_what_is_typed_below_them(self, told, tenant):
        page = told()
        form = TenantPage(page, tenant).open().edit("billing").fill(max_concurrent_calls=44)
        page.get_by_role("button", name="Dismiss").click()
        expect(page.get_by_role("complementary", name="About your account")).to_have_count(0)
        expect(form.field("max_concurrent_calls")).to_have_value("44")
        page.reload()
        expect(page.get_by_role("complementary", name="About your account")).to_have_count(0)

    def test_are_dismissed_without_javascript(self, told):
        page = told("owner", java_script_enabled=False)
        page.goto("/account")
        bar = page.get_by_role("complementary", name="About your account")
        expect(bar).to_contain_text("with a reset link from the support team.")
        page.get_by_role("button", name="Dismiss").click()
        expect(bar).to_have_count(0)
        expect(page).to_have_url("/account")

    @pytest.mark.parametrize("role", ["support", "owner"])
    def test_look_right(self, told, role):
        page = told(role)
        page.goto("/account")
        check(page)
