"""axe on every page and every state of a form, light and dark, on a wide screen and a phone."""

import json
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.browser import axe
from tests.browser.axe import check
from tests.browser.history_pages import HistoryPage
from tests.browser.pages import (
    ListPage,
    NewTenantPage,
    StatusPage,
    TenantPage,
    fill_in_sign_in,
    sign_in,
)
from tests.browser.server import NORTHWIND, Account
from tests.factories import make_tenant, make_user
from webui.tenants.core.sections import SECTIONS

LONG_WORD = "Donaudampfschifffahrtsgesellschaft"
LONG = (LONG_WORD * 8)[:255]
ARABIC = "مركز الياسمين الطبي (فرع 2)"
HEBREW = "מרפאת שיניים השקד"


@pytest.fixture
def northwind(server):
    return server.tenant_named(NORTHWIND)


class TestSignIn:
    def test_page(self, open_page):
        page = open_page()
        page.goto("/login")
        check(page)

    def test_refused(self, open_page, server):
        page = open_page()
        page.goto("/login")
        fill_in_sign_in(page, server.accounts["support"], "not the password")
        expect(page.get_by_role("alert")).to_be_visible()
        check(page)

    def test_of_a_blocked_organisation(self, open_page, server):
        with server.inside():
            tenant = make_tenant(status="blocked")
            user = make_user("owner", tenant, "correct horse battery")
        account = Account(user.username, "correct horse battery")
        page = open_page()
        page.goto("/login")
        fill_in_sign_in(page, account)
        expect(page.get_by_text("This organisation is blocked")).to_be_visible()
        check(page)


class TestList:
    @pytest.mark.parametrize("query", ["", "?q=n&status=suspended&plan=business", "?q=zzzzz"])
    def test_page(self, open_page, query):
        page = open_page("support")
        ListPage(page).open(query)
        check(page)

    def test_with_the_menu_open(self, open_page):
        page = open_page("auditor")
        ListPage(page).open()
        page.locator("details.menu summary").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        check(page)

    def test_bar_of_a_phone_has_two_rows_and_its_menu_opens_on_the_screen(self, open_page):
        page = open_page("admin", viewport={"width": 390, "height": 844})
        page.goto("/users")
        assert page.locator("header.bar").bounding_box()["height"] < 90
        page.locator("details.menu summary").click()
        menu = page.locator(".menu-body").bounding_box()
        assert menu["x"] >= 0
        assert menu["x"] + menu["width"] <= 390

    @pytest.mark.parametrize("path", ["/tenants", "/audit", "/audit?outcome=success", "/users"])
    def test_fits_a_tablet_and_a_page_at_four_times_its_size(self, open_page, path):
        page = open_page("admin")
        page.goto(path)
        # WCAG 1.4.10: 320 px is a screen of 1280 at 400 %.
        assert axe.overflow(page, (320, 768)) == []


class TestHistory:
    @pytest.mark.parametrize(
        "query",
        [
            "",
            "?field=name&outcome=success&q=ticket&find_tenant=n",
            "?address=192.0.2.99",
            "?since=2026-02-02T00:00&until=2026-01-01T00:00",
        ],
    )
    def test_page(self, open_page, query):
        check(HistoryPage(open_page("support")).open(query).page)

    @pytest.mark.parametrize("path", ["/audit", "/tenants"])
    def test_with_the_filters_of_a_phone_open(self, open_page, path):
        page = open_page("support", viewport={"width": 390, "height": 844})
        page.goto(path)
        page.locator(".filter-fold > summary").click()
        check(page)

    def test_of_an_owner(self, open_page, northwind):
        check(HistoryPage(open_page("owner"), f"/tenants/{northwind}/audit").open().page)

    def test_entry_undo_and_field(self, tenant_page):
        page = tenant_page.page
        tenant_page.save("organisation", name=LONG, meta_data=json.dumps({"a": LONG_WORD * 30}))
        page.get_by_role("link", name="History of Metadata").press("Enter")
        expect(page.get_by_text("History of Metadata", exact=True)).to_be_focused()
        check(page)
        entry = tenant_page.rows.first.locator(".when a").get_attribute("href")
        for path in (entry, f"{entry}/revert", f"{tenant_page.path}/audit"):
            page.goto(path)
            check(page)
            assert axe.overflow(page) == []


class TestTenantPage:
    @pytest.mark.parametrize("role", ["support", "auditor", "owner"])
    def test_page(self, open_page, northwind, role):
        check(TenantPage(open_page(role), northwind).open().page)

    @pytest.mark.parametrize("status", ["active", "blocked"])
    def test_in_other_states(self, open_page, server, status):
        with server.inside():
            tenant = make_tenant(
                name="Quiet Corner",
                status=status,
                monthly_call_limit=0,
                recording_enabled=False,
                data_encryption_enabled=False,
            ).id
        check(TenantPage(open_page("support"), tenant).open().page)

    @pytest.mark.parametrize("name", [LONG, ARABIC], ids=["long", "arabic"])
    def test_with_an_awkward_tenant(self, open_page, server, name):
        with server.inside():
            tenant = make_tenant(
                name=name,
                meta_data={LONG_WORD * 4: LONG_WORD * 20, "tags": [LONG_WORD] * 30},
                sip_domain=f"{'a' * 63}.{'b' * 63}.{'c' * 63}.{'d' * 50}.example",
                sip_username="u" * 100,
                webhook_url=f"https://hooks.example.com/{'x' * 2_000}",
            )
            username = f"{uuid4().hex}.{'o' * 17}"
            email = f"{'e' * 200}@{'mail' * 10}.example"
            tenant_id = make_user("owner", tenant, username=username, email=email).tenant_id
        page = open_page("support")
        shown = TenantPage(page, tenant_id).open()
        shown.save("organisation", meta_data=json.dumps({LONG_WORD * 5: LONG_WORD * 9}))
        expect(shown.rows).to_have_count(2)
        check(page)
        for path in ("", "/organisation/edit", "/sip/edit", "/webhook/edit", "/status", "/audit"):
            page.goto(shown.path + path)
            assert axe.overflow(page) == []
        ListPage(page).open(f"?q={name[:60]}")
        # Other tests on this server use the same name.
        expect(page.get_by_role("link", name=name, exact=True).first).to_be_visible()
        assert axe.overflow(page) == []


class TestKeys:
    def test_page(self, open_page):
        page = open_page("auditor")
        page.goto("/keys")
        expect(page.get_by_role("heading", level=1)).to_have_text("Keys")
        check(page)
        assert axe.overflow(page) == []


class TestApi:
    def test_page(self, open_page):
        page = open_page("owner")
        page.goto("/api")
        expect(page.get_by_role("heading", level=1)).to_have_text("API")
        page.get_by_text("Responses").first.click()
        check(page)
        assert axe.overflow(page) == []
        page.set_viewport_size({"width": 390, "height": 844})
        assert axe.overflow(page) == []


class TestForms:
    def test_an_offered_password(self, tenant_page):
        form = tenant_page.edit("sip")
        form.root.get_by_role("button", name="Generate password").click()
        expect(form.field("sip_password")).to_be_focused()
        check(tenant_page.page)

    def test_every_section(self, open_page, northwind):
        shown = TenantPage(open_page("support"), northwind).open()
        for section in SECTIONS:
            shown.edit(section)
        check(shown.page)

    def test_every_section_of_an_owner(self, open_page, northwind):
        shown = TenantPage(open_page("owner"), northwind).open()
        for section in SECTIONS:
            shown.edit(section)
        check(shown.page)

    def test_every_section_refused(self, tenant_page):
        for section in SECTIONS:
            form = tenant_page.edit(section)
            if section == "sip":
                form.field("sip_enabled").check()
            form.fill(reason="x").save()
            expect(form.error("reason")).to_be_visible()
        check(tenant_page.page)

    def test_sip_without_credentials(self, tenant_page):
        form = tenant_page.edit("sip").fill(sip_enabled=True)
        form.save()
        expect(form.error("sip_password")).to_be_visible()
        check(tenant_page.page)

    def test_a_section_on_a_page_of_its_own(self, open_page, northwind):
        page = open_page("support")
        page.goto(f"/tenants/{northwind}/sip/edit")
        check(page)

    @pytest.mark.parametrize("form", ["secret", "test"])
    def test_of_the_webhook_on_a_page_of_its_own(self, open_page, northwind, form):
        page = open_page("support")
        page.goto(f"/tenants/{northwind}/webhook/{form}")
        check(page)

    def test_conflict(self, tenant_page, open_page, tenant):
        form = tenant_page.edit("billing").fill(max_concurrent_calls=70, monthly_call_limit=900)
        other = TenantPage(open_page("admin"), tenant).open()
        other.save("billing", max_concurrent_calls=60, billing_plan="business")
        form.save()
        expect(form.note("max_concurrent_calls")).to_be_visible()
        check(tenant_page.page)

    def test_session_ended(self, open_page, server, tenant, account):
        page = open_page()
        sign_in(page, account)
        form = TenantPage(page, tenant).open().edit("billing").fill(max_concurrent_calls=7)
        server.expire_sessions(account.username)
        form.save()
        expect(page.get_by_text("Your session has ended")).to_be_visible()
        check(page)

    def test_status(self, open_page, northwind):
        check(StatusPage(open_page("support"), northwind).open().page)

    def test_status_refused(self, open_page, tenant):
        status = StatusPage(open_page("support"), tenant).open()
        status.choose("suspended")
        status.form.fill(reason="x").save()
        expect(status.form.error("reason")).to_be_visible()
        check(status.page)

    def test_new_tenant(self, open_page):
        check(NewTenantPage(open_page("support")).open().page)

    def test_new_tenant_refused(self, open_page):
        new = NewTenantPage(open_page("support")).open()
        new.form.fill(name=" ", reason="x").save()
        expect(new.form.error("name")).to_be_visible()
        check(new.page)


class TestOtherPages:
    def test_history(self, open_page, northwind):
        page = open_page("auditor")
        page.goto(f"/tenants/{northwind}/audit")
        check(page)

    def test_after_saving(self, tenant_page):
        tenant_page.edit("billing").fill(monthly_call_limit=900).save()
        tenant_page.expect_saved("Lowered")
        check(tenant_page.page)

    @pytest.mark.parametrize(
        ("role", "path", "status"),
        [("owner", "/tenants", 403), (None, "/nothing", 404)],
    )
    def test_errors(self, open_page, role, path, status):
        page = open_page(role)
        assert page.goto(path).status == status
        check(page)


class TestDirection:
    @pytest.mark.parametrize("name", [ARABIC, HEBREW], ids=["ar", "he"])
    def test_a_name_runs_its_own_way_and_the_page_ours(self, open_page, server, name):
        with server.inside():
            tenant = make_tenant(name=name).id
        shown = TenantPage(open_page("support"), tenant).open()
        heading = shown.page.get_by_role("heading", level=1)
        assert heading.locator("bdi").evaluate("bdi => bdi.matches(':dir(rtl)')")
        assert heading.evaluate("h1 => h1.matches(':dir(ltr)')")
        field = shown.edit("organisation").field("name")
        assert field.evaluate("field => field.matches(':dir(rtl)')")
        created = shown.rows.first.locator(".what bdi")
        assert created.evaluate("bdi => bdi.matches(':dir(rtl)')")
