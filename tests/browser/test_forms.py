"""Forms beyond the sections: status, new tenant; and what forms promise to careless hands."""

import re
from uuid import UUID

from playwright.sync_api import expect

from tests.browser.pages import ListPage, NewTenantPage, StatusPage, TenantPage
from tests.browser.server import NORTHWIND


class TestStatus:
    def test_a_suspension_says_what_is_stopped_by_whom_and_why(self, open_page, tenant):
        page = open_page("support")
        shown = TenantPage(page, tenant).open()
        page.get_by_role("link", name="Change status").click()
        status = StatusPage(page, tenant)
        expect(page.locator("input[name=status][value=active]")).to_be_focused()
        expect(status.service("Calls")).to_be_hidden()
        status.choose("suspended")
        status.service("Calls").check()
        status.service("SIP").check()
        status.form.fill(reason="Payment overdue, ticket 88213").save()
        expect(page.get_by_role("status").filter(has_text="Saved: suspended")).to_be_visible()
        expect(shown.header).to_contain_text("Suspended")
        expect(shown.now).to_contain_text("Stopped now: calls, SIP")
        expect(shown.now).to_contain_text("“Payment overdue, ticket 88213”")
        expect(shown.now).to_contain_text("mira.chen, just now")
        expect(shown.rows.first).to_contain_text("Suspended calls and SIP")

    def test_a_suspension_of_nothing_is_refused_beside_the_services(self, open_page, tenant):
        page = open_page("support")
        status = StatusPage(page, tenant).open()
        status.choose("suspended")
        status.form.fill().save()
        expect(page.get_by_text("Choose at least one service to stop.")).to_be_visible()
        expect(status.service("Agents")).to_be_focused()
        expect(page.locator("input[value=suspended]")).to_be_checked()
        expect(status.form.field("reason")).not_to_have_value("")


class TestNewTenant:
    def test_name_and_plan_are_enough(self, open_page):
        page = open_page("admin")
        ListPage(page).open()
        page.get_by_role("link", name="New tenant").click()
        new = NewTenantPage(page)
        expect(new.form.field("name")).to_be_focused()
        new.form.fill(name="  Brightwater Hotels ", billing_plan="business").save()
        expect(page.get_by_role("heading", level=1)).to_have_text("Brightwater Hotels")
        expect(page.get_by_text("The tenant was created.")).to_be_visible()
        shown = TenantPage(page, UUID(page.url.rsplit("/", 1)[1]))
        expect(shown.rows).to_have_count(1)
        expect(shown.rows.first).to_contain_text(
            "Created the tenant Brightwater Hotels on Business"
        )
        expect(shown.rows.first).to_contain_text("noor.hadi")

    def test_an_invalid_one_keeps_what_was_typed(self, open_page):
        page = open_page("admin")
        new = NewTenantPage(page).open()
        new.form.fill(name="   ", billing_plan="enterprise").save()
        expect(new.form.error("name")).to_have_text("Enter a name.")
        expect(new.form.field("name")).to_be_focused()
        expect(new.form.field("billing_plan")).to_have_value("enterprise")

    def test_two_clicks_make_one(self, open_page):
        page = open_page("admin")
        new = NewTenantPage(page).open()
        new.form.fill(name="Twice Clicked Ltd")
        new.form.save_button.dblclick()
        expect(page.get_by_role("heading", level=1)).to_have_text("Twice Clicked Ltd")
        expect(ListPage(page).open("?q=twice+clicked").names).to_have_count(1)


class TestUnsavedInput:
    def test_leaving_asks_first(self, tenant_page):
        page = tenant_page.page
        form = tenant_page.edit("billing")
        form.field("reason").press_sequentially("half a reas")
        asked = []
        page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
        page.get_by_role("link", name="Tenants").click()
        expect(form.field("reason")).to_have_value("half a reas")
        page.get_by_role("link", name="Change status").click()
        expect(form.field("reason")).to_have_value("half a reas")
        assert asked == ["beforeunload", "beforeunload"]

    def test_leaving_is_possible(self, tenant_page):
        page = tenant_page.page
        tenant_page.edit("billing").field("reason").press_sequentially("half a reas")
        page.once("dialog", lambda dialog: dialog.accept())
        page.get_by_role("link", name="Tenants").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Tenants")

    def test_a_refused_form_still_asks(self, tenant_page):
        """The form that came back with an error holds typed input as well."""
        page = tenant_page.page
        form = tenant_page.edit("billing")
        form.field("reason").press_sequentially("x")
        form.save()
        expect(form.error("reason")).to_be_visible()
        asked = []
        page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
        page.get_by_role("link", name="Tenants").click()
        expect(form.field("reason")).to_have_value("x")
        assert asked == ["beforeunload"]

    def test_saving_cancelling_and_searching_do_not_ask(self, tenant_page):
        page = tenant_page.page
        asked = []
        page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
        form = tenant_page.edit("billing")
        form.field("monthly_call_limit").fill("10000")
        form.field("reason").press_sequentially("ticket 1")
        form.save()
        tenant_page.expect_saved("to 10,000", "ticket 1")
        form = tenant_page.edit("features")
        form.field("reason").press_sequentially("never mind")
        form.root.get_by_role("link", name="Cancel").click()
        expect(tenant_page.edit_link("features")).to_be_focused()
        search = page.get_by_role("searchbox", name="Find a tenant")
        search.press_sequentially("northwind dental")
        search.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text(NORTHWIND)
        page.goto("/tenants/new")
        page.get_by_label("Name").press_sequentially("Another name")
        page.get_by_role("link", name="Cancel").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Tenants")
        assert asked == []


class TestDoubleClick:
    def test_saves_once(self, tenant_page):
        posted = []
        tenant_page.page.on(
            "request", lambda request: request.method == "POST" and posted.append(request.url)
        )
        form = tenant_page.edit("billing").fill(monthly_call_limit=900)
        form.save_button.dblclick()
        tenant_page.expect_saved("Lowered monthly call limit from 1,000 to 900")
        expect(tenant_page.saved).to_contain_text("Saved: monthly call limit 1,000 → 900 · Undo")
        expect(tenant_page.rows).to_have_count(2)
        assert len(posted) == 1


class TestNoAnswer:
    def test_says_so_keeps_the_input_and_can_be_tried_again(self, tenant_page, watches):
        page = tenant_page.page
        page.route("**/billing**", lambda route: route.abort())
        tenant_page.edit_link("billing").click()
        # Nothing was typed and nothing was sent: neither is spoken of.
        expect(page.get_by_role("alert")).to_have_text(
            "No answer from the console. This page is as it was. Try again."
        )
        page.unroute("**/billing**")
        form = tenant_page.edit("billing").fill(monthly_call_limit=900)
        page.route("**/billing", lambda route: route.abort())
        form.save()
        expect(page.get_by_role("alert")).to_contain_text(
            "It may not have been saved. Nothing is lost"
        )
        expect(form.field("monthly_call_limit")).to_have_value("900")
        page.unroute("**/billing")
        form.save()
        tenant_page.expect_saved("Lowered monthly call limit from 1,000 to 900")
        expect(page.get_by_role("alert")).to_have_count(0)
        watches[-1].forgive("ERR_FAILED|Failed to fetch")


class TestPageOfItsOwn:
    """An Edit link that was opened in a tab of its own."""

    def test_saving_leads_to_the_tenant(self, open_page, tenant):
        shown = TenantPage(open_page("support"), tenant)
        shown.page.goto(f"{shown.path}/billing/edit")
        form = shown.form("billing")
        form.fill(monthly_call_limit="many").save()
        expect(form.error("monthly_call_limit")).to_be_visible()
        form.fill(monthly_call_limit=900).save()
        expect(shown.page).to_have_url(re.compile(f"{shown.path}#section-billing$"))
        expect(shown.rows.first).to_contain_text("Lowered monthly call limit from 1,000 to 900")

    def test_cancelling_leads_to_the_tenant(self, open_page, tenant):
        shown = TenantPage(open_page("support"), tenant)
        shown.page.goto(f"{shown.path}/billing/edit")
        shown.card("billing").get_by_role("link", name="Cancel").click()
        expect(shown.header).to_be_visible()
        expect(shown.rows).to_have_count(1)


class TestGroupedNumber:
    def test_is_corrected_by_one_press_and_saved(self, open_page, tenant):
        page = open_page("support")
        form = TenantPage(page, tenant).open().edit("billing")
        form.fill(monthly_call_limit="70,000", max_concurrent_calls="7").save()
        expect(form.error("monthly_call_limit")).to_contain_text("Digits only")
        page.get_by_role("button", name="Use 70000").click()
        number = form.field("monthly_call_limit")
        expect(number).to_have_value("70000")
        expect(number).to_be_focused()
        expect(number).not_to_have_attribute("aria-invalid", "true")
        expect(form.error("monthly_call_limit")).to_have_count(0)
        expect(form.field("max_concurrent_calls")).to_have_value("7")
        number.press("Enter")
        expect(page.get_by_text("to 70,000").first).to_be_visible()

    def test_is_not_put_back_by_enter(self, open_page, tenant):
        page = open_page("support")
        form = TenantPage(page, tenant).open().edit("billing")
        form.fill(monthly_call_limit="80,000").save()
        expect(page.get_by_role("button", name="Use 80000")).to_be_visible()
        form.field("monthly_call_limit").fill("60000")
        form.field("monthly_call_limit").press("Enter")
        expect(page.get_by_text("to 60,000").first).to_be_visible()
