"""Forms and shortcuts by keyboard: in view, left with Escape, and back to what was changed."""

import pytest
from playwright.sync_api import expect

from tests.browser.pages import NewTenantPage, StatusPage, TenantPage, sign_in
from tests.browser.server import Account
from tests.factories import an_actor, make_user
from webui.accounts.self_service.own_account import change_preferences
from webui.tenants.core.sections import SECTIONS

# How far a card is cut off above (by the sticky header) and below; negative means not at all.
_CUT = """card => {
  const { top, bottom, height } = card.getBoundingClientRect();
  const start = document.querySelector(".subject-top").getBoundingClientRect().bottom;
  const { scrollPaddingTop } = getComputedStyle(document.documentElement);
  const fits = height + parseFloat(scrollPaddingTop) <= innerHeight;
  return { above: start - top, below: bottom - innerHeight, fits };
}"""


class TestInView:
    @pytest.mark.parametrize("width", [1440, 390])
    def test_is_the_whole_form_after_edit(self, tenant_page, width):
        page = tenant_page.page
        page.set_viewport_size({"width": width, "height": 720})
        fitting = 0
        for section in SECTIONS:
            link = tenant_page.edit_link(section)
            # As far down as it can be and still be pressed.
            link.evaluate("link => link.scrollIntoView({ block: 'end' })")
            link.press("Enter")
            tenant_page.opened(section)
            cut = tenant_page.card(section).evaluate(_CUT)
            assert cut["above"] <= 0, section
            assert cut["below"] <= 1 or not cut["fits"], section
            fitting += cut["fits"]
            page.keyboard.press("Escape")
            expect(link).to_be_focused()
        assert fitting >= 4


class TestEscape:
    def test_leaves_a_form_in_which_nothing_was_typed(self, tenant_page, tenant):
        page = tenant_page.page
        form = tenant_page.edit("billing")
        form.field("billing_plan").select_option("business")
        page.keyboard.press("Escape")
        expect(form.save_button).to_be_visible()
        form.field("billing_plan").select_option("starter")
        form.field("reason").fill("x")
        page.keyboard.press("Escape")
        expect(form.field("reason")).to_have_value("x")
        form.save()
        expect(form.error("reason")).to_be_visible()
        page.keyboard.press("Escape")
        expect(form.error("reason")).to_be_visible()
        page.on("dialog", lambda dialog: dialog.accept())
        for shown in (StatusPage(page, tenant), NewTenantPage(page)):
            shown.open().form.field("reason").focus()
            with page.expect_navigation():
                page.keyboard.press("Escape")
            expect(shown.form.save_button).to_have_count(0)


class TestShortcuts:
    def test_lead_to_the_changed_row_and_the_search(self, tenant_page):
        page = tenant_page.page
        tenant_page.save("billing", monthly_call_limit=900)
        expect(tenant_page.edit_link("billing")).to_be_focused()
        page.keyboard.press("h")
        newest = page.locator("tr.fresh .when a")
        expect(newest).to_be_focused()
        expect(newest).to_be_in_viewport()
        page.keyboard.press("/")
        expect(page.get_by_role("searchbox", name="Find a tenant")).to_be_focused()
        page.keyboard.type("h/")
        expect(page.get_by_role("searchbox", name="Find a tenant")).to_have_value("h/")

    def test_that_are_switched_off_do_nothing(self, open_page, server, tenant):
        password = "a short cut battery horse"
        with server.inside():
            user = make_user("support", password=password)
            change_preferences(user.id, an_actor(user), shortcuts=False)
        page = open_page()
        sign_in(page, Account(user.username, password))
        shown = TenantPage(page, tenant).open()
        link = shown.edit_link("billing")
        link.focus()
        for key in ("h", "/"):
            page.keyboard.press(key)
            expect(link).to_be_focused()
        link.press("Enter")
        shown.opened("billing")
        page.keyboard.press("Escape")
        expect(link).to_be_focused()


class TestZone:
    def test_of_the_browser_is_offered_and_taken_with_one_press(self, open_page, account):
        page = open_page(timezone_id="Asia/Kolkata")
        sign_in(page, account)
        page.goto("/tenants?sort=-updated")
        offer = page.get_by_role("complementary", name="Your time zone")
        expect(offer).to_contain_text("Your browser is in Asia/")
        offer.get_by_role("button", name="Use this zone").press("Enter")
        expect(page.locator("footer")).to_contain_text("UTC+05:30")
        expect(page).to_have_url("/tenants?sort=-updated")
        expect(offer).to_have_count(0)

    @pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}])
    def test_is_not_offered_where_it_is_not_known_or_the_same(self, open_page, account, options):
        page = open_page(timezone_id="UTC", **options)
        sign_in(page, account)
        expect(page.locator("#zone-offer")).to_be_hidden()
        expect(page.locator("footer").get_by_role("link", name="Change")).to_be_visible()
