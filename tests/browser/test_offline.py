"""The product stands alone: no page asks another server for anything."""

from tests.browser.pages import ListPage, NewTenantPage, StatusPage, TenantPage
from tests.browser.server import NORTHWIND
from webui.tenants.core.sections import SECTIONS


class TestOwnOrigin:
    def test_every_page_asks_only_its_own_server(self, open_page, server, watches):
        """Every other test fails on a foreign request too; this one visits all pages."""
        visitor = open_page()
        visitor.goto("/login")
        page = open_page("admin")
        ListPage(page).open()
        shown = TenantPage(page, server.tenant_named(NORTHWIND)).open()
        for section in SECTIONS:
            shown.edit(section)
        for path in ("/status", "/audit", *(f"/{section}/edit" for section in SECTIONS)):
            page.goto(shown.path + path)
        StatusPage(page, server.tenant_named(NORTHWIND)).open()
        NewTenantPage(page).open()
        page.goto("/no-such-page")
        asked = [url for watch in watches for url in watch.asked]
        assert {url.rpartition(".")[2] for url in asked if "/static/" in url} >= {"css", "js"}
        assert [url for url in asked if not url.startswith((f"{server.origin}/", "data:"))] == []
