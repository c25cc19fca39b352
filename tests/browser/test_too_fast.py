"""Whoever does too much within a minute waits, and loses nothing that was typed."""

from playwright.sync_api import expect
from sqlalchemy import select

from tests.browser.axe import check
from tests.browser.pages import REASON, StatusPage, TenantPage, sign_in
from tests.rates import used_up
from webui.core.extensions import db
from webui.models import User
from webui.web.posted import action_rates

SAVES = "At most 60 changes of organisations a minute. Nothing was saved."


def use_up(server, account, rate):
    """The account has done all that it may do of a kind."""
    with server.inside():
        user = db.session.scalars(select(User).where(User.username == account.username)).one()
        used_up(user, rate)


class TestSaves:
    def test_in_place_leave_the_form_as_it_is(self, open_page, server, account, tenant):
        page = open_page()
        sign_in(page, account)
        form = TenantPage(page, tenant).open().edit("billing").fill(max_concurrent_calls=44)
        use_up(server, account, action_rates.SAVES)
        form.save()
        alert = page.get_by_role("alert").filter(has_text=SAVES)
        expect(alert).to_be_in_viewport()
        expect(form.field("max_concurrent_calls")).to_have_value("44")
        expect(form.field("reason")).to_have_value(REASON)
        check(page)

    def test_without_javascript_come_back_as_typed(self, open_page, server, account, tenant):
        page = open_page(java_script_enabled=False)
        sign_in(page, account)
        form = TenantPage(page, tenant).open().edit("sip")
        form.fill(sip_domain="typed.example", sip_password="typed and not kept")
        use_up(server, account, action_rates.SAVES)
        form.save()
        expect(page.get_by_role("alert")).to_contain_text(SAVES)
        expect(page.get_by_text("before you had to sign in")).to_have_count(0)
        expect(form.field("sip_domain")).to_have_value("typed.example")
        expect(form.field("sip_password")).to_have_value("")

    def test_of_a_page_of_its_own(self, open_page, server, account, tenant):
        page = open_page()
        sign_in(page, account)
        status = StatusPage(page, tenant).open()
        status.choose("inactive")
        status.form.fill()
        use_up(server, account, action_rates.SAVES)
        status.form.save()
        expect(page.get_by_role("alert")).to_contain_text(SAVES)
        expect(page.locator("input[value=inactive]")).to_be_checked()
        expect(status.form.field("reason")).to_have_value(REASON)
        check(page)


class TestAccount:
    def test_says_it_once_and_sends_it_again(self, open_page, server, account):
        page = open_page()
        sign_in(page, account)
        page.goto("/account")
        page.get_by_label("Theme").select_option("dark")
        use_up(server, account, action_rates.ACCOUNT)
        page.get_by_role("button", name="Save preferences").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Too many changes")
        expect(page.get_by_text("At most 20 changes of your account a minute.")).to_have_count(1)
        again = page.locator("main input[name=theme]")
        expect(again).to_have_value("dark")
        check(page)

    def test_password_that_was_guessed_too_often(self, open_page, account):
        page = open_page()
        sign_in(page, account)
        page.goto("/account/password")
        for _ in range(6):
            page.get_by_label("Current password").fill("not the password")
            page.get_by_label("New password").fill("quiet river nine lamps")
            with page.expect_navigation():
                page.get_by_label("New password").press("Enter")
        expect(page.get_by_label("Current password")).to_be_focused()
        expect(page.get_by_text("Too many attempts. Wait")).to_be_visible()
        check(page)
