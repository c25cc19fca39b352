"""The page of the API: found from the menu, narrowed by a search, with examples to copy."""

import pytest
from playwright.sync_api import expect


class TestPage:
    @pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}])
    def test_is_found_and_searched_by_keyboard(self, open_page, options):
        page = open_page("support", **options)
        page.goto("/account")
        page.locator("details.menu > summary").press("Enter")
        page.get_by_role("link", name="API for programs").press("Enter")
        operations = page.get_by_role("article")
        expect(operations).to_have_count(9)
        expect(page.get_by_role("article", name="Update Tenant")).to_contain_text("sip_password")
        search = page.get_by_role("searchbox", name="Find an operation or a field")
        search.fill("blocked services")
        search.press("Enter")
        expect(operations).to_have_count(1)
        expect(operations).to_contain_text("PUT /api/v1/tenants/{tenant_id}/status")
        example = page.get_by_label("Example of Update Status")
        expect(example).to_contain_text('curl -sS "http')
        expect(example).not_to_contain_text("tc_")
        page.goto("/api?q=nothing+like+this")
        expect(page.get_by_text("Nothing fits")).to_be_visible()
        page.get_by_role("link", name="Show all operations").press("Enter")
        expect(operations).to_have_count(9)
