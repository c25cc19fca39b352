"""Everything again with JavaScript switched off."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.pages import (
    REASON,
    ListPage,
    NewTenantPage,
    StatusPage,
    TenantPage,
    fill_in_sign_in,
    sign_in,
    sign_out,
)
from tests.browser.server import NORTHWIND
from webui.web.paging import PAGE_SIZE

EDITS = {
    "organisation": ({"name": "Aurora Clinics"}, "to Aurora Clinics"),
    "billing": ({"max_concurrent_calls": 7}, "Lowered concurrent calls from 10 to 7"),
    "sip": ({"sip_domain": "sip.example.com"}, "Set the SIP domain to sip.example.com"),
    "features": ({"retention_days": 30}, "Lowered days that recordings are kept from 90 to 30"),
    "compliance": ({"hipaa_enabled": True}, "Switched HIPAA off → on"),
    "webhook": ({"webhook_timeout_seconds": 5}, "Lowered the webhook timeout from 20 to 5"),
}


# How a page looks: its ground, a heading, a line to type into and a quiet button.
_COLOURS = """["body", "h1", "input.form-control", "a.btn, summary"].map((selector) => {
  const { color, backgroundColor } = getComputedStyle(document.querySelector(selector));
  return `${color} ${backgroundColor}`;
}).join()"""


@pytest.fixture
def plain(open_page):
    """Support's browser without JavaScript."""
    return open_page("support", java_script_enabled=False)


class TestSignIn:
    def test_in_search_open_and_out(self, open_page, server):
        page = open_page(java_script_enabled=False)
        page.goto("/tenants?status=suspended")
        fill_in_sign_in(page, server.accounts["support"])
        expect(page).to_have_url(re.compile(r"/tenants\?status=suspended$"))
        found = ListPage(page)
        found.search.fill("thwind")
        page.get_by_role("button", name="Show").click()
        expect(found.names).to_have_text([NORTHWIND])
        found.names.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(NORTHWIND)
        page.get_by_role("link", name="Older").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(f"History of {NORTHWIND}")
        expect(page.locator("table#history tr[id^=audit-]")).to_have_count(PAGE_SIZE)
        page.get_by_role("link", name="Newer").click()
        expect(page.get_by_role("link", name="Newer")).to_have_count(0)
        sign_out(page)
        page.goto("/tenants")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")

    def test_a_wrong_password_is_refused_and_the_name_stays(self, open_page, server):
        page = open_page(java_script_enabled=False)
        page.goto("/login")
        fill_in_sign_in(page, server.accounts["support"], "not the password")
        expect(page.get_by_role("alert")).to_contain_text("Wrong username")
        expect(page.get_by_label("Username")).to_have_value("mira.chen")
        expect(page.get_by_label("Password")).to_have_value("")
        expect(page.get_by_label("Password")).to_be_focused()


class TestSections:
    def test_each_is_changed_and_leads_back_to_its_place(self, plain, tenant):
        shown = TenantPage(plain, tenant).open()
        for number, (section, (values, sentence)) in enumerate(EDITS.items(), start=2):
            form = shown.edit(section)
            expect(plain).to_have_url(re.compile(f"{shown.path}/{section}/edit$"))
            answers = []
            plain.on("response", lambda answer, answers=answers: answers.append(answer))
            form.fill(**values).save()
            expect(plain).to_have_url(re.compile(f"{shown.path}#section-{section}$"))
            assert [a.status for a in answers if a.request.method == "POST"] == [303]
            expect(plain.locator(".saved-line")).to_be_visible()
            expect(shown.rows).to_have_count(number)
            expect(shown.rows.first).to_contain_text(sentence)
            expect(shown.card(section)).to_be_in_viewport()

    def test_cancel_leads_back(self, plain, tenant):
        shown = TenantPage(plain, tenant).open()
        shown.edit("webhook").root.get_by_role("link", name="Cancel").click()
        expect(plain).to_have_url(re.compile(f"{shown.path}#section-webhook$"))

    def test_an_error_stands_beside_its_field_on_a_page(self, plain, tenant):
        form = TenantPage(plain, tenant).open().edit("billing")
        form.fill(monthly_call_limit="1e3", max_concurrent_calls=7).save()
        expect(form.error("monthly_call_limit")).to_be_visible()
        expect(form.field("monthly_call_limit")).to_be_focused()
        expect(form.field("monthly_call_limit")).to_have_value("1e3")
        expect(form.field("max_concurrent_calls")).to_have_value("7")
        expect(plain.get_by_role("heading", level=1)).to_be_visible()
        form.fill(monthly_call_limit=900).save()
        expect(plain.locator(".saved-line")).to_be_visible()

    def test_what_is_too_much_text_costs_nothing_else(self, plain, tenant):
        shown = TenantPage(plain, tenant).open()
        form = shown.edit("organisation").fill(name="Aurora Plain", meta_data="x" * 1_000_000)
        answers = []
        plain.on("response", lambda a: answers.append((a.request.method, a.status)))
        form.save()
        expect(form.error("meta_data")).to_be_visible()
        assert answers[0] == ("POST", 413)
        expect(form.field("meta_data")).to_be_focused()
        expect(form.field("name")).to_have_value("Aurora Plain")
        expect(form.field("reason")).to_have_value(REASON)
        form.save()
        expect(plain.locator(".saved-line")).to_be_visible()
        expect(shown.rows.first).to_contain_text("Aurora Plain")

    def test_a_conflict_is_a_page_and_saving_again_wins(self, plain, tenant, open_page):
        shown = TenantPage(plain, tenant).open()
        form = shown.edit("billing").fill(max_concurrent_calls=70)
        TenantPage(open_page("admin"), tenant).open().save("billing", max_concurrent_calls=60)
        form.save()
        expect(plain.get_by_text("noor.hadi changed this while you")).to_be_visible()
        expect(form.field("max_concurrent_calls")).to_have_value("70")
        expect(form.note("max_concurrent_calls").locator("dd")).to_have_text(["60", "10"])
        expect(form.root.get_by_role("button", name="Use theirs")).to_be_hidden()
        form.save()
        expect(shown.rows.first).to_contain_text("Raised concurrent calls from 60 to 70")

    def test_two_clicks_save_once(self, plain, tenant):
        shown = TenantPage(plain, tenant).open()
        form = shown.edit("billing").fill(max_concurrent_calls=7)
        form.save_button.dblclick()
        expect(plain).to_have_url(re.compile(f"{shown.path}#section-billing$"))
        expect(shown.rows).to_have_count(2)

    def test_an_expired_session_keeps_the_input(self, open_page, server, account, tenant):
        page = open_page(java_script_enabled=False)
        sign_in(page, account)
        shown = TenantPage(page, tenant).open()
        form = shown.edit("billing").fill(max_concurrent_calls=7)
        server.expire_sessions(account.username)
        form.save()
        fill_in_sign_in(page, account)
        expect(form.field("max_concurrent_calls")).to_have_value("7")
        form.save()
        expect(shown.rows.first).to_contain_text("Lowered concurrent calls from 10 to 7")


class TestOtherForms:
    def test_the_status_is_changed(self, plain, tenant):
        shown = TenantPage(plain, tenant).open()
        plain.get_by_role("link", name="Change status").click()
        status = StatusPage(plain, tenant)
        status.choose("suspended")
        status.form.fill().save()
        expect(plain.get_by_text("Choose at least one service to stop.")).to_be_visible()
        status.service("Calls").check()
        status.form.save()
        expect(shown.now).to_contain_text("Stopped now: calls")

    def test_a_tenant_is_made(self, plain):
        NewTenantPage(plain).open().form.fill(name="Plainly Made Ltd").save()
        expect(plain.get_by_role("heading", level=1)).to_have_text("Plainly Made Ltd")

    def test_the_theme_is_switched_on_the_same_page(self, plain):
        plain.goto("/tenants?q=north&status=suspended")
        plain.locator("details.menu summary").click()
        plain.get_by_role("button", name="Dark").click()
        expect(plain).to_have_url(re.compile(r"/tenants\?q=north&status=suspended$"))
        expect(plain.locator("html")).to_have_attribute("data-bs-theme", "dark")
        # The account keeps its choice, and other tests share the account.
        plain.locator("details.menu summary").click()
        plain.get_by_role("button", name="System").click()
        expect(plain.locator("html")).not_to_have_attribute("data-bs-theme", "dark")

    def test_as_the_device_is_dark_on_a_dark_one(self, open_page):
        looks = set()
        for scripts in (True, False):
            page = open_page(java_script_enabled=scripts, color_scheme="dark")
            page.goto("/login")
            looks.add(page.evaluate(_COLOURS))
        assert len(looks) == 1

    def test_what_needs_a_script_is_not_shown(self, plain, tenant):
        TenantPage(plain, tenant).open()
        expect(plain.get_by_role("button", name="Copy tenant id")).to_be_hidden()
