"""Everything by keyboard alone, with the focus in sight at every stop."""

import pytest
from playwright.sync_api import expect

from tests.browser.keyboard import Keyboard
from tests.browser.pages import ListPage, TenantPage
from tests.factories import make_tenant
from webui.tenants.core.sections import SECTIONS


class TestStory:
    def test_in_find_edit_and_out(self, open_page, server, account):
        with server.inside():
            tenant = make_tenant(name="Keyboard Lovers Union").id
        page = open_page()
        keyboard = Keyboard(page)
        page.goto("/login")
        expect(page.get_by_label("Username")).to_be_focused()
        keyboard.type(account.username)
        keyboard.tab()
        keyboard.type(account.password)
        keyboard.press("Enter")

        found = ListPage(page)
        expect(found.search).to_be_focused()
        keyboard.type("board lov")
        # Right away: it does not matter how far the search as one types is.
        keyboard.press("Enter")

        shown = TenantPage(page, tenant)
        expect(shown.header).to_be_visible()
        keyboard.tab_to(shown.edit_link("billing"))
        keyboard.press("Enter")
        form = shown.form("billing")
        expect(form.field("billing_plan")).to_be_focused()
        keyboard.press("b")
        keyboard.tab_to(form.field("monthly_call_limit"))
        keyboard.type("20000")
        keyboard.press("Enter")
        expect(form.error("reason")).to_be_visible()
        expect(form.field("reason")).to_be_focused()
        keyboard.type("Asked by phone")
        keyboard.tab_to(form.save_button)
        keyboard.press("Space")
        shown.expect_saved("raised monthly call limit from 1,000 to 20,000", "Asked by phone")
        expect(shown.edit_link("billing")).to_be_focused()

        summary = page.locator("details.menu summary")
        keyboard.tab_to(summary, "Shift+Tab")
        keyboard.press("Enter")
        keyboard.tab_to(page.get_by_role("button", name="Sign out"))
        keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")

    def test_cancel_and_the_status_form(self, open_page, tenant):
        page = open_page("support")
        keyboard = Keyboard(page)
        shown = TenantPage(page, tenant).open()
        keyboard.tab_to(shown.edit_link("sip"))
        keyboard.press("Enter")
        expect(shown.form("sip").field("sip_enabled")).to_be_focused()
        keyboard.press("Space")
        keyboard.tab_to(shown.card("sip").get_by_role("link", name="Cancel"))
        keyboard.press("Enter")
        expect(shown.edit_link("sip")).to_be_focused()
        keyboard.tab_to(page.get_by_role("link", name="Change status"), "Shift+Tab")
        keyboard.press("Enter")
        expect(page.locator("input[value=active]")).to_be_focused()
        keyboard.press("ArrowDown")
        keyboard.press("ArrowDown")
        expect(page.locator("input[value=suspended]")).to_be_checked()
        keyboard.tab_to(page.get_by_role("checkbox", name="Calls", exact=True))
        keyboard.press("Space")
        keyboard.tab_to(page.get_by_role("textbox", name="Reason"))
        keyboard.type("Not paid, ticket 7")
        keyboard.press("Enter")
        expect(shown.now).to_contain_text("Stopped now: calls")


class TestSkipLink:
    def test_is_the_first_stop_and_leads_past_the_bar(self, tenant_page):
        page, keyboard = tenant_page.page, Keyboard(tenant_page.page)
        link = page.get_by_role("link", name="Skip to content")
        expect(link).not_to_be_in_viewport()
        keyboard.tab()
        expect(link).to_be_focused()
        expect(link).to_be_in_viewport()
        keyboard.press("Enter")
        expect(page.locator("main")).to_be_focused()
        keyboard.tab()
        expect(page.locator("main :focus")).to_have_count(1)


class TestMenu:
    def test_escape_closes_it_and_the_focus_is_back(self, open_page):
        page = open_page("support")
        ListPage(page).open()
        summary = page.locator("details.menu summary")
        keyboard = Keyboard(page)
        keyboard.tab_to(summary, "Shift+Tab")
        keyboard.press("Enter")
        sign_out = page.get_by_role("button", name="Sign out")
        keyboard.tab_to(sign_out)
        keyboard.press("Escape")
        expect(sign_out).to_be_hidden()
        expect(summary).to_be_focused()


class TestFocus:
    @pytest.mark.parametrize("path", ["/tenants", "/tenants/new", "/tenants/{id}/status"])
    def test_is_in_sight_at_every_stop(self, open_page, tenant, path):
        page = open_page("support")
        page.goto(path.format(id=tenant))
        assert len(Keyboard(page).walk()) > 5

    @pytest.mark.parametrize("width", [1440, 390])
    def test_is_in_sight_on_the_tenant_page_with_every_form_open(self, tenant_page, width):
        page = tenant_page.page
        for section in SECTIONS:
            tenant_page.edit(section)
        page.set_viewport_size({"width": width, "height": 700})
        assert len(Keyboard(page).walk()) > 40

    @pytest.mark.parametrize("width", [1440, 390])
    def test_is_not_covered_going_backwards_below_the_header(self, tenant_page, width):
        page = tenant_page.page
        page.set_viewport_size({"width": width, "height": 500})
        keyboard = Keyboard(page)
        page.get_by_role("link", name="All, with filters").focus()
        keyboard.tab_to(tenant_page.edit_link("organisation"), "Shift+Tab")
