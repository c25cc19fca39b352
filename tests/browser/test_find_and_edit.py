"""Finding a tenant and changing it in place, with JavaScript."""

import re
from typing import NamedTuple

from playwright.sync_api import expect

from tests.browser.pages import ListPage, TenantPage
from tests.browser.server import NORTHWIND


class Edit(NamedTuple):
    """What is typed into a section, and what can be read afterwards where."""

    section: str
    values: dict
    sentence: str
    card: str
    header: str
    side: str


EDITS = (
    Edit(
        "organisation",
        {"name": "Aurora Clinics", "meta_data": '{"crm": "HS-1", "tags": ["vip"]}'},
        'to Aurora Clinics; added metadata crm "HS-1"',
        'tags: ["vip"]',
        "Aurora Clinics",
        "Nothing is stopped",
    ),
    Edit(
        "billing",
        {"billing_plan": "business", "max_concurrent_calls": 80, "monthly_call_limit": 40_000},
        "Changed the billing plan from Starter to Business; raised concurrent calls from 10 to 80",
        "40,000",
        "Business",
        "of 40,000 calls",
    ),
    Edit(
        "sip",
        {
            "sip_enabled": True,
            "sip_domain": "SIP.Bücher.example:5061",
            "sip_username": "trunk-1",
            "sip_password": "a long pass phrase",
        },
        "set the SIP domain to sip.xn--bcher-kva.example:5061",
        "sip.xn--bcher-kva.example:5061",
        "mira.chen",
        "SIP",
    ),
    Edit(
        "features",
        {"recording_enabled": False, "recording_format": "wav", "retention_days": 30},
        "Switched recording on → off; changed the recording format from mp4 to wav",
        "30 days",
        "mira.chen",
        "Switched off in the settings: recordings",
    ),
    Edit(
        "compliance",
        {"hipaa_enabled": True},
        "Switched HIPAA off → on",
        "HIPAA",
        "mira.chen",
        "on · 1 to check",
    ),
    Edit(
        "webhook",
        {"webhook_url": "https://hooks.example.com/in", "webhook_timeout_seconds": 5},
        "Set the webhook URL to https://hooks.example.com/in; lowered the webhook timeout",
        "5 seconds",
        "mira.chen",
        "Webhook over https",
    ),
)


class TestFinding:
    def test_search_as_you_type_leads_to_the_tenant(self, open_page):
        page = open_page("support")
        found = ListPage(page).open()
        expect(found.search).to_be_focused()
        page.locator("h1").click()
        page.keyboard.press("/")
        expect(found.search).to_be_focused()
        page.keyboard.type("thwind dent")
        expect(found.names).to_have_text([NORTHWIND])
        expect(page).to_have_url(re.compile(r"/tenants\?q=thwind\+dent$"))
        expect(found.search).to_be_focused()
        expect(found.search).to_have_value("thwind dent")
        found.names.click()
        expect(page.get_by_role("heading", level=1)).to_have_text(NORTHWIND)
        page.go_back()
        expect(found.search).to_have_value("thwind dent")
        expect(found.names).to_have_text([NORTHWIND])

    def test_pressing_on_a_result_does_not_search_again(self, open_page, server, watches):
        """A press lasts longer than an answer, and a list that is swapped meanwhile eats it."""
        page = open_page("support")
        found = ListPage(page).open()
        found.search.press_sequentially("thwind dent")
        expect(found.names).to_have_text([NORTHWIND])
        found.names.hover()
        before = len(watches[-1].asked)
        page.mouse.down()
        page.evaluate("() => fetch('/livez')")
        assert watches[-1].asked[before:] == [f"{server.origin}/livez"]
        page.mouse.up()
        expect(page.get_by_role("heading", level=1)).to_have_text(NORTHWIND)

    def test_filters_stand_in_the_url_and_go_one_by_one(self, open_page):
        page = open_page("support")
        found = ListPage(page).open()
        page.get_by_label("Status").select_option("suspended")
        expect(page).to_have_url(re.compile(r"/tenants\?status=suspended$"))
        found.search.press_sequentially("north")
        expect(page).to_have_url(re.compile(r"/tenants\?q=north&status=suspended$"))
        expect(found.names).to_have_text([NORTHWIND])
        page.get_by_role("link", name="Remove “north”").click()
        expect(page).to_have_url(re.compile(r"/tenants\?status=suspended$"))
        expect(found.chips).to_have_count(1)

    def test_slash_reaches_the_search_of_every_page_but_not_from_a_field(self, tenant_page):
        page = tenant_page.page
        search = page.get_by_role("searchbox", name="Find a tenant")
        page.keyboard.press("/")
        expect(search).to_be_focused()
        form = tenant_page.edit("webhook")
        form.field("reason").press_sequentially("a/b")
        expect(form.field("reason")).to_have_value("a/b")

    def test_nothing_found_says_what_to_do_next(self, open_page):
        page = open_page("support")
        found = ListPage(page).open("?q=zzzzz")
        expect(page.get_by_role("heading", name="No tenants match")).to_be_visible()
        page.get_by_role("link", name="Show all tenants").click()
        expect(found.search).to_have_value("")
        expect(found.names).not_to_have_count(0)


class TestEditing:
    def test_every_section_is_changed_in_place(self, tenant_page):
        page = tenant_page.page
        page.evaluate("window.neverLeft = true")
        for number, edit in enumerate(EDITS, start=2):
            form = tenant_page.edit(edit.section)
            first = next(iter(edit.values))
            expect(form.field(first)).to_be_focused()
            form.fill(**edit.values).save()
            tenant_page.expect_saved(edit.sentence)
            expect(tenant_page.rows).to_have_count(number)
            expect(tenant_page.edit_link(edit.section)).to_be_focused()
            expect(tenant_page.card(edit.section).locator(".saved-line")).to_contain_text("Saved: ")
            expect(tenant_page.card(edit.section)).to_contain_text(edit.card)
            expect(tenant_page.header).to_contain_text(edit.header)
            expect(tenant_page.header).to_contain_text("changed just now by mira.chen")
            expect(page.locator(".side", has_text=edit.side)).not_to_have_count(0)
        expect(page).to_have_title("Aurora Clinics · Tenant Console")
        assert "a long pass phrase" not in page.content()
        assert page.evaluate("window.neverLeft")

    def test_cancel_restores_the_card(self, tenant_page):
        before = tenant_page.card("billing").inner_html()
        tenant_page.edit("billing").fill(max_concurrent_calls=9)
        tenant_page.card("billing").get_by_role("link", name="Cancel").click()
        expect(tenant_page.edit_link("billing")).to_be_focused()
        after = tenant_page.card("billing").inner_html()
        assert after.replace(' autofocus=""', "") == before
        expect(tenant_page.rows).to_have_count(1)

    def test_an_error_stands_beside_its_field_and_nothing_typed_is_lost(self, tenant_page):
        form = tenant_page.edit("billing")
        form.fill(monthly_call_limit="1e3", max_concurrent_calls=7, reason="ab").save()
        expect(form.error("monthly_call_limit")).to_be_visible()
        limit = form.field("monthly_call_limit")
        expect(limit).to_be_focused()
        expect(limit).to_have_value("1e3")
        expect(limit).to_have_accessible_description(re.compile("whole number", re.I))
        expect(form.field("max_concurrent_calls")).to_have_value("7")
        expect(form.field("reason")).to_have_value("ab")
        expect(form.error("reason")).to_be_visible()
        expect(form.error("max_concurrent_calls")).to_have_count(0)
        form.fill(monthly_call_limit=900).save()
        tenant_page.expect_saved("lowered monthly call limit from 1,000 to 900")

    def test_nothing_changed_says_so_and_writes_nothing(self, tenant_page):
        tenant_page.edit("features").fill().save()
        expect(tenant_page.live).to_have_text("Nothing changed, so nothing was saved.")
        expect(tenant_page.edit_link("features")).to_be_focused()
        expect(tenant_page.rows).to_have_count(1)

    def test_a_lower_plan_is_pointed_out_once(self, tenant_page):
        tenant_page.save("billing", billing_plan="business", monthly_call_limit=40_000)
        form = tenant_page.edit("billing").fill(billing_plan="starter")
        form.save()
        expect(form.error("monthly_call_limit")).to_contain_text("lowered from 40,000")
        expect(form.field("monthly_call_limit")).to_have_value("1000")
        form.save()
        tenant_page.expect_saved("lowered monthly call limit from 40,000 to 1,000")


class TestHistory:
    def test_older_entries_come_below_the_others(self, open_page, server):
        page = open_page("support")
        northwind = TenantPage(page, server.tenant_named(NORTHWIND)).open()
        before = northwind.rows.evaluate_all("rows => rows.map(row => row.id)")
        assert len(before) == 20
        northwind.older.click()
        expect(northwind.rows).to_have_count(40)
        ids = northwind.rows.evaluate_all("rows => rows.map(row => row.id)")
        assert ids[:20] == before
        assert len(set(ids)) == 40
        expect(northwind.live).to_have_text("20 older entries shown.")
        northwind.older.click()
        expect(northwind.rows).to_have_count(60)
        expect(northwind.older).to_be_focused()


class TestOnPostgresql:
    def test_a_tenant_is_found_changed_and_its_history_grows(self, open_page, postgresql_server):
        page = open_page("support", on=postgresql_server)
        found = ListPage(page).open()
        page.keyboard.type("thwind dent")
        expect(found.names).to_have_text([NORTHWIND])
        found.names.click()
        northwind = TenantPage(page, postgresql_server.tenant_named(NORTHWIND))
        northwind.edit("sip").fill(
            sip_domain="sip.nwd.example", sip_password="new pass phrase"
        ).save()
        northwind.expect_saved("to sip.nwd.example; replaced the SIP password")
        expect(northwind.header).to_contain_text("changed just now by mira.chen")
        northwind.older.click()
        expect(northwind.rows).to_have_count(40)
