"""The SIP panel in a real browser: a generated password, and what is said while one types."""

import re

from playwright.sync_api import expect

from tests.browser.pages import REASON, TenantPage
from webui.core.extensions import db
from webui.models import Tenant


class TestOfferedPassword:
    def test_is_copied_and_saved(self, open_page, tenant, server):
        page = open_page("support", permissions=["clipboard-read", "clipboard-write"])
        form = TenantPage(page, tenant).open().edit("sip")
        form.fill(sip_domain="sip.example.com", sip_username="trunk-7")
        form.root.get_by_role("button", name="Generate password").click()
        password = form.field("sip_password")
        expect(password).to_be_focused()
        offered = password.input_value()
        assert len(offered) == 24
        copy = form.root.get_by_role("button", name="Copy the password")
        form.root.get_by_role("button", name="Hide password").click()
        copy.click()
        expect(page.locator("#live")).to_have_text(re.compile("Not copied: the password is hidden"))
        assert page.evaluate("navigator.clipboard.readText()") != offered
        form.root.get_by_role("button", name="Show password").click()
        copy.click()
        expect(page.locator("#live")).to_have_text("Copied.")
        assert page.evaluate("navigator.clipboard.readText()") == offered
        expect(form.field("sip_username")).to_have_value("trunk-7")
        expect(form.field("reason")).to_have_value(REASON)
        form.save()
        card = TenantPage(page, tenant).card("sip")
        expect(card.get_by_text("encrypted, key")).to_be_visible()
        assert offered not in page.content()
        assert offered not in page.url
        with server.inside():
            assert db.session.get_one(Tenant, tenant).sip_password == offered

    def test_works_without_javascript(self, open_page, tenant):
        page = open_page("support", java_script_enabled=False)
        page.goto(f"/tenants/{tenant}/sip/edit")
        page.get_by_role("button", name="Generate password").click()
        password = page.locator("#sip-sip_password")
        assert len(password.input_value()) == 24
        page.locator("#sip-reason").fill(REASON)
        page.get_by_role("button", name="Save SIP").click()
        expect(page.locator("#section-sip").get_by_text("Set on")).to_be_visible()

    def test_enter_saves_instead_of_offering(self, open_page, tenant):
        form = TenantPage(open_page("support"), tenant).open().edit("sip")
        form.fill(sip_username="trunk-8")
        form.field("sip_username").press("Enter")
        expect(TenantPage(form.page, tenant).edit_link("sip")).to_be_visible()


class TestStrength:
    def test_is_said_while_one_types(self, open_page, tenant):
        form = TenantPage(open_page("support"), tenant).open().edit("sip")
        said = form.root.locator("#sip-sip_password-strength")
        assert said.get_attribute("aria-live") == "polite"
        password = form.field("sip_password")
        for typed, words in (
            ("abc", "Too short: 8 characters or more."),
            ("password1234", "Weak"),
            ("aaaaaaaabbbbbbbb", "Weak"),
            ("kF7x2Qm9wz", "Fair"),
            ("kF7x2Qm9wzTp", "Good"),
            ("kF7x2Qm9wzTp4vBn", "Strong"),
            ("", ""),
        ):
            password.fill(typed)
            expect(said).to_contain_text(words) if words else expect(said).to_be_empty()
