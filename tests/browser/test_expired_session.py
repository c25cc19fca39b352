"""The session ends while somebody types: after signing in again the input is still there."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.pages import (
    ListPage,
    NewTenantPage,
    StatusPage,
    TenantPage,
    fill_in_sign_in,
    sign_in,
)
from tests.outbox import make_hooked

RESTORED = "This is what you had typed before you had to sign in."


@pytest.fixture
def page(open_page, account):
    """A signed-in page of that person."""
    page = open_page()
    sign_in(page, account)
    return page


class TestSectionForm:
    def test_signing_in_in_place_brings_the_input_back(self, page, account, server, tenant):
        shown = TenantPage(page, tenant).open()
        form = shown.edit("billing")
        form.fill(monthly_call_limit=900, reason="Typed slowly, ticket 5")
        server.expire_sessions(account.username)
        form.save()
        expect(page.get_by_text("Your session has ended")).to_be_visible()
        expect(page.get_by_text("what you typed is kept")).to_be_visible()
        expect(page.get_by_label("Username or e-mail")).to_be_focused()
        expect(shown.card("webhook")).to_be_visible()

        fill_in_sign_in(page, account)
        expect(page.get_by_text(RESTORED)).to_be_visible()
        expect(form.field("monthly_call_limit")).to_have_value("900")
        expect(form.field("reason")).to_have_value("Typed slowly, ticket 5")
        form.save()
        expect(shown.rows.first).to_contain_text("Lowered monthly call limit from 1,000 to 900")
        expect(shown.edit_link("billing")).to_be_visible()
        page.goto(f"{shown.path}/billing/edit")
        expect(form.field("reason")).to_have_value("")
        expect(page.get_by_text(RESTORED)).to_have_count(0)

    def test_forms_that_are_open_beside_it_keep_what_was_typed(self, page, account, server, tenant):
        shown = TenantPage(page, tenant).open()
        other = shown.edit("features").fill(retention_days=31, reason="Not saved yet")
        form = shown.edit("billing").fill(monthly_call_limit=900)
        server.expire_sessions(account.username)
        form.save()
        fill_in_sign_in(page, account)
        expect(form.field("monthly_call_limit")).to_have_value("900")
        form.save()
        expect(shown.rows.first).to_contain_text("Lowered monthly call limit from 1,000 to 900")
        expect(other.field("retention_days")).to_have_value("31")
        other.save()
        expect(shown.rows.first).to_contain_text("from 90 to 31")

    def test_a_session_that_was_ended_elsewhere_loses_nothing(
        self, page, account, tenant, open_page
    ):
        shown = TenantPage(page, tenant).open()
        form = shown.edit("billing").fill(monthly_call_limit=900, reason="Typed slowly")
        elsewhere = open_page()
        sign_in(elsewhere, account)
        elsewhere.goto("/account")
        elsewhere.get_by_role("button", name="End all others").click()
        expect(elsewhere.get_by_text("1 other session ended.")).to_be_visible()
        form.save()
        expect(page.get_by_text("what you typed is kept")).to_be_visible()
        fill_in_sign_in(page, account)
        expect(form.field("reason")).to_have_value("Typed slowly")
        form.save()
        expect(shown.rows.first).to_contain_text("Lowered monthly call limit from 1,000 to 900")

    def test_a_password_must_be_typed_again(self, page, account, server, tenant):
        form = TenantPage(page, tenant).open().edit("sip")
        form.fill(sip_domain="sip.example.com", sip_password="a long pass phrase")
        server.expire_sessions(account.username)
        form.save()
        fill_in_sign_in(page, account)
        expect(form.field("sip_domain")).to_have_value("sip.example.com")
        expect(form.field("sip_password")).to_have_value("")
        expect(page.get_by_text("Passwords must be typed again.")).to_be_visible()

    def test_a_mistyped_password_loses_nothing(self, page, account, server, tenant):
        form = TenantPage(page, tenant).open().edit("billing").fill(monthly_call_limit=900)
        server.expire_sessions(account.username)
        form.save()
        fill_in_sign_in(page, account, "not the password")
        expect(page.get_by_text("Wrong username")).to_be_visible()
        fill_in_sign_in(page, account)
        expect(form.field("monthly_call_limit")).to_have_value("900")

    def test_what_another_person_changed_meanwhile_is_a_conflict(
        self, page, account, server, tenant, open_page
    ):
        form = TenantPage(page, tenant).open().edit("billing").fill(monthly_call_limit=900)
        server.expire_sessions(account.username)
        TenantPage(open_page("admin"), tenant).open().save("billing", monthly_call_limit=800)
        form.save()
        fill_in_sign_in(page, account)
        expect(form.field("monthly_call_limit")).to_have_value("900")
        form.save()
        expect(form.note("monthly_call_limit").locator("dd")).to_have_text(["800", "1,000"])
        expect(form.field("monthly_call_limit")).to_have_value("900")


class TestPageForms:
    def test_the_status_comes_back(self, page, account, server, tenant):
        status = StatusPage(page, tenant).open()
        status.choose("suspended")
        status.service("Recordings").check()
        status.form.fill(reason="Typed slowly, ticket 6")
        server.expire_sessions(account.username)
        status.form.save()
        fill_in_sign_in(page, account)
        expect(page.get_by_text(RESTORED)).to_be_visible()
        expect(page.locator("input[value=suspended]")).to_be_checked()
        expect(status.service("Recordings")).to_be_checked()
        status.form.save()
        expect(TenantPage(page, tenant).now).to_contain_text("Stopped now: recordings")

    def test_a_new_tenant_comes_back(self, page, account, server):
        new = NewTenantPage(page).open()
        new.form.fill(name="Slowly Typed Ltd", billing_plan="business")
        server.expire_sessions(account.username)
        new.form.save()
        fill_in_sign_in(page, account)
        expect(new.form.field("name")).to_have_value("Slowly Typed Ltd")
        expect(new.form.field("billing_plan")).to_have_value("business")
        new.form.save()
        expect(page.get_by_role("heading", level=1)).to_have_text("Slowly Typed Ltd")


class TestReading:
    def test_an_edit_link_leads_back_to_the_tenant(self, page, account, server, tenant):
        shown = TenantPage(page, tenant).open()
        server.expire_sessions(account.username)
        shown.edit_link("billing").click()
        expect(page.get_by_text("Your session has ended")).to_be_visible()
        fill_in_sign_in(page, account)
        expect(page).to_have_url(re.compile(f"{shown.path}$"))
        expect(shown.edit_link("billing")).to_be_visible()

    def test_a_button_with_no_form_around_it_leads_back_to_the_page(self, page, account, server):
        with server.inside():
            shown = TenantPage(page, make_hooked().id).open()
        server.expire_sessions(account.username)
        page.get_by_role("button", name="Send test").click()
        expect(page.get_by_text("Your session has ended")).to_be_visible()
        fill_in_sign_in(page, account)
        expect(page).to_have_url(re.compile(f"{shown.path}$"))
        expect(page.get_by_role("button", name="Send test")).to_be_enabled()

    def test_a_search_leads_back_to_the_list(self, page, account, server):
        found = ListPage(page).open("?status=suspended")
        server.expire_sessions(account.username)
        found.search.fill("north")
        expect(page.get_by_text("Your session has ended")).to_be_visible()
        fill_in_sign_in(page, account)
        expect(page).to_have_url(re.compile(r"/tenants\?q=north&.*status=suspended"))
        expect(found.search).to_have_value("north")

    def test_typing_on_asks_only_once(self, page, account, server):
        found = ListPage(page).open()
        server.expire_sessions(account.username)
        for words in ("north", "northwind"):
            with page.expect_response(re.compile(f"q={words}&")) as answer:
                found.search.fill(words)
            assert answer.value.status == 401
            expect(page.get_by_label("Username or e-mail")).to_be_focused()
        expect(page.get_by_text("Your session has ended")).to_have_count(1)
