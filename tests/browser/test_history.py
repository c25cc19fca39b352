"""Reviewing the history, asking for a field's own, and undoing."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.history_pages import HistoryPage, RevertPage
from tests.browser.pages import REASON, TenantPage
from tests.browser.server import NORTHWIND
from tests.factories import make_tenant


@pytest.fixture(params=[True, False], ids=["htmx", "plain"])
def scripted(request):
    """Whether JavaScript runs."""
    return request.param


class TestFilters:
    def test_narrow_in_place_and_stand_in_the_address(self, open_page):
        page = open_page("support")
        history = HistoryPage(page).open()
        expect(history.rows).to_have_count(50)
        history.pick(history.tenant, "northwind d", NORTHWIND)
        history.choose("Field", "Monthly call limit")
        expect(history.chips).to_have_text(
            [re.compile(NORTHWIND), re.compile("Monthly call limit")]
        )
        expect(page.locator("#field")).to_be_focused()
        expect(page).to_have_url(
            re.compile(r"/audit\?tenant=[0-9a-f-]{36}&field=monthly_call_limit$")
        )
        expect(history.rows.first).to_contain_text("monthly call limit")
        page.get_by_role("link", name="90 days", exact=True).click()
        expect(history.chips).to_have_count(3)
        page.reload()
        expect(history.chips).to_have_count(3)
        history.remove("Field: Monthly call limit")
        page.go_back()
        expect(history.chips.filter(has_text="Monthly call limit")).to_be_visible()
        page.get_by_role("link", name="Clear").click()
        expect(history.chips).to_have_count(0)

    def test_page_there_and_back_by_keyboard(self, open_page):
        page = open_page("auditor")
        history = HistoryPage(page).open()
        first = history.rows.first.get_attribute("id")
        page.get_by_role("link", name="Older").press("Enter")
        expect(page).to_have_url(re.compile(r"after="))
        expect(history.rows.first).not_to_have_id(first)
        page.get_by_role("link", name="Newer").press("Enter")
        expect(history.rows.first).to_have_id(first)

    def test_without_javascript(self, open_page, server):
        page = open_page("support", java_script_enabled=False)
        history = HistoryPage(page).open()
        history.tenant.fill("northwind d")
        page.get_by_label("What").select_option(label="SIP updated")
        page.get_by_label("Words in the reason").fill("ticket")
        page.get_by_role("button", name="Show").click()
        expect(history.chips).to_have_text(
            [re.compile(NORTHWIND), re.compile("SIP updated"), re.compile("ticket")]
        )
        history.remove("“ticket”")
        assert "find_tenant" not in page.url
        with server.inside():
            for number in ("One", "Two"):
                make_tenant(name=f"Quokka {number}")
        history.open("?find_tenant=quokka")
        page.locator(".matches").get_by_role("link").first.click()
        expect(history.chips).to_have_count(1)

    @pytest.mark.parametrize("scripts", [True, False])
    def test_that_are_wrong_say_so_beside_the_field(self, open_page, scripts):
        page = open_page("support", java_script_enabled=scripts)
        history = HistoryPage(page).open("?field=name")
        page.get_by_text("Exact times and more filters").click()
        page.get_by_label("From", exact=True).fill("2026-02-02T00:00:00")
        until = page.get_by_label("To", exact=True)
        until.fill("2026-01-01T00:00:00")
        page.get_by_role("button", name="Show").click()
        expect(page.locator("#until-error")).to_have_text(
            "The end of the range is before its beginning."
        )
        expect(until).to_be_focused()
        expect(until).to_have_value("2026-01-01T00:00")
        expect(page.get_by_label("From", exact=True)).to_have_value("2026-02-02T00:00")
        expect(history.chips).to_have_text(
            [re.compile("Field: Name"), re.compile("Since 2 Feb 2026")]
        )
        until.fill("2026-03-01T00:00:00")
        until.press("Enter")
        expect(page.locator("#until-error")).to_have_count(0)

    def test_make_an_address_of_eight_thousand_characters_and_no_more(self, open_page, watches):
        page = open_page("support")
        assert page.goto(f"/audit?{'x' * 7_900}").status == 200
        # As gunicorn answers it, which would log a warning.
        page.route("**/audit?*q=long*", lambda route: route.fulfill(status=414, body="too long"))
        page.get_by_label("Words in the reason").fill("long")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_role("alert")).to_contain_text("more filters than an address can hold")
        watches[0].forgive("414")


class TestPaper:
    def test_holds_the_entries_and_nothing_to_click(self, open_page):
        history = HistoryPage(open_page("support")).open()
        history.page.emulate_media(media="print")
        expect(history.rows.first).to_be_visible()
        expect(history.page.get_by_role("button", name="Show")).to_be_hidden()
        expect(history.page.get_by_role("navigation", name="Main")).to_be_hidden()


class TestField:
    def test_history_opens_beside_it(self, tenant_page):
        page = tenant_page.page
        tenant_page.save("billing", monthly_call_limit=40_000)
        link = page.get_by_role("link", name="History of Monthly call limit")
        expect(link).to_have_css("opacity", "0")
        tenant_page.fact("Monthly call limit").locator("dt").hover()
        expect(link).to_have_css("opacity", "1")
        link.press("Enter")
        summary = page.get_by_text("History of Monthly call limit", exact=True)
        expect(summary).to_be_focused()
        changes = page.locator("#changes-of-monthly-call-limit li")
        expect(changes.first).to_contain_text(f"mira.chen · “{REASON}”")
        expect(changes.first).to_contain_text("1,000 → 40,000")
        summary.press("Enter")
        expect(changes.first).to_be_hidden()

    def test_history_is_a_page_without_javascript(self, open_page, tenant):
        page = open_page("support", java_script_enabled=False)
        TenantPage(page, tenant).open()
        page.get_by_role("link", name="History of Monthly call limit").click()
        history = HistoryPage(page)
        expect(history.chips).to_have_text([re.compile("Field: Monthly call limit")])
        expect(history.rows).to_have_count(1)


class TestEntry:
    def test_leads_through_the_changes_of_a_field(self, tenant_page):
        page = tenant_page.page
        tenant_page.save("billing", monthly_call_limit=40_000)
        tenant_page.save("features", retention_days=30)
        tenant_page.save("billing", monthly_call_limit=50_000)
        tenant_page.rows.first.locator(".when a").click()
        title = page.get_by_role("heading", level=1)
        expect(title).to_contain_text("from 40,000 to 50,000")
        page.get_by_role("link", name="Earlier change of Monthly call limit").click()
        expect(title).to_contain_text("from 1,000 to 40,000")
        page.get_by_role("link", name="Later change", exact=True).click()
        expect(title).to_contain_text("from 90 to 30")
        page.get_by_text("The entry as it is stored").click()
        expect(page.locator("pre")).to_contain_text('"retention_days":[90,30]')


class TestUndo:
    def test_from_the_row_to_the_undone_tenant(self, open_page, tenant, scripted):
        page = open_page("support", java_script_enabled=scripted)
        shown = TenantPage(page, tenant)
        if scripted:
            shown.open().save("billing", monthly_call_limit=40_000, max_concurrent_calls=7)
        else:
            page.goto(f"{shown.path}/billing/edit")
            shown.form("billing").fill(monthly_call_limit=40_000, max_concurrent_calls=7).save()
        shown.rows.first.get_by_role("link", name=re.compile("^Undo")).focus()
        page.keyboard.press("Enter")
        preview = RevertPage(page)
        expect(preview.steps).to_have_text([re.compile(r"7\s+10"), re.compile(r"40,000\s+1,000")])
        page.get_by_role("checkbox", name="Concurrent calls").uncheck()
        preview.confirm()
        expect(page.locator(".saved-line")).to_contain_text(
            "Undone: monthly call limit 40,000 → 1,000"
        )
        expect(shown.fact("Monthly call limit").locator("dd").first).to_have_text("1,000")
        expect(shown.fact("Concurrent calls").locator("dd").first).to_have_text("7")
        expect(shown.rows.first).to_contain_text("Undid a change: lowered monthly call limit")

    def test_in_two_tabs_shows_what_changed_meanwhile(self, open_page, tenant_page):
        page = tenant_page.page
        tenant_page.save("billing", monthly_call_limit=40_000)
        undo = tenant_page.rows.first.get_by_role("link", name=re.compile("^Undo"))
        page.goto(undo.get_attribute("href"))
        other = TenantPage(open_page("admin"), tenant_page.path.rpartition("/")[2]).open()
        other.save("billing", monthly_call_limit=41_000)
        preview = RevertPage(page)
        preview.confirm()
        expect(page.get_by_role("alert")).to_contain_text("changed while you were looking")
        expect(preview.steps.first).to_contain_text("Changed again by noor.hadi")
        expect(page.get_by_label("Reason")).to_have_value(REASON)
        preview.button.click()
        expect(tenant_page.fact("Monthly call limit").locator("dd").first).to_have_text("1,000")
