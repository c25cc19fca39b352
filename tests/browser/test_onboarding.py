"""A new customer: from the sign-in page to the own tenant page."""

import re
import secrets

import pytest
from playwright.sync_api import expect

from tests.browser import axe
from tests.browser.pages import fill_in_sign_in, sign_in
from tests.browser.server import Account
from tests.browser.wizard import QUESTIONS, Wizard, sign_up
from tests.factories import make_tenant, make_user

# A name as long as it may be, and a phone as narrow as they come.
LONG = ("Donaudampfschifffahrtsgesellschaft" * 8)[:255]
PHONE = {"viewport": {"width": 390, "height": 844}}
VALUES = {
    "organisation": {"name": "Aurora Clinics"},
    "billing": {"billing_plan": "enterprise", "max_concurrent_calls": 20},
    "sip": {
        "sip_domain": "sip.aurora.example",
        "sip_username": "trunk-1",
        "sip_password": "long enough",
        "sip_enabled": True,
    },
    "features": {"recording_format": "wav", "retention_days": 30},
    "compliance": {"hipaa_enabled": True},
    "webhook": {"webhook_url": "https://hooks.aurora.example/calls"},
    "review": {},
}


@pytest.fixture
def owner(server):
    """The owner of a tenant that was only just made."""
    account = Account(f"owner.{secrets.token_hex(4)}", secrets.token_urlsafe(12))
    with server.inside():
        tenant = make_tenant(name="Quiet Corner")
        make_user("owner", tenant, account.password, username=account.username)
    return account


def finish(page):
    """From the end of the wizard to the tenant page."""
    expect(page.get_by_role("heading", level=1)).to_have_text("You are set up")
    page.get_by_role("link", name="Go to your organisation").click()


class TestSignUp:
    @pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
    def test_leads_through_the_wizard_to_the_tenant_page(self, open_page, script):
        page = open_page(java_script_enabled=script)
        sign_up(page, "Aurora")
        wizard = Wizard(page)
        for step, values in VALUES.items():
            wizard.save(step, **values)
        finish(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Aurora Clinics")
        rows = page.locator("table#history tbody tr")
        expect(rows.first).to_contain_text("Finished the onboarding")
        expect(rows.filter(has_text="Wizard")).to_have_count(9)
        expect(page.locator("#section-sip")).to_contain_text("sip.aurora.example")

    @pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
    def test_by_phone_with_the_longest_name(self, open_page, script):
        page = open_page(java_script_enabled=script, **PHONE)
        sign_up(page, LONG)
        wizard = Wizard(page)
        for step in QUESTIONS:
            wizard.at(step)
            assert page.evaluate("document.documentElement.scrollWidth") == 390, step
            (wizard.skip if step in ("sip", "webhook") else wizard.next).click()
        finish(page)
        expect(page.get_by_role("heading", level=1)).to_have_text(LONG)


class TestResuming:
    def test_in_a_fresh_profile_at_the_same_step_with_what_was_typed(self, open_page, owner):
        page = open_page()
        sign_in(page, owner)
        wizard = Wizard(page)
        wizard.save("organisation")
        wizard.save("billing", billing_plan="business", monthly_call_limit=4_000)
        wizard.at("sip").fill("sip", sip_domain="not a host", sip_username="trunk-1")
        wizard.back.click()
        wizard.at("billing")
        page = open_page()
        sign_in(page, owner)
        wizard = Wizard(page).at("billing")
        expect(wizard.field("billing", "monthly_call_limit")).to_have_value("4000")
        wizard.next.click()
        wizard.at("sip")
        expect(wizard.field("sip", "sip_domain")).to_have_value("not a host")
        wizard.next.click()
        expect(page.locator("#sip-sip_domain-error")).to_be_visible()
        expect(wizard.field("sip", "sip_domain")).to_be_focused()

    def test_jumping_by_the_progress_bar_keeps_what_was_typed(self, open_page, owner):
        page = open_page()
        sign_in(page, owner)
        wizard = Wizard(page)
        wizard.save("organisation")
        wizard.at("billing").fill("billing", max_concurrent_calls="many")
        wizard.places.get_by_role("button", name="Organisation").click()
        wizard.at("organisation")
        wizard.places.get_by_role("button", name="Plan").click()
        wizard.at("billing")
        expect(wizard.field("billing", "max_concurrent_calls")).to_have_value("many")

    def test_after_the_session_ended_in_place_with_what_was_typed(self, open_page, server, owner):
        page = open_page()
        sign_in(page, owner)
        wizard = Wizard(page)
        wizard.at("organisation").fill("organisation", name="Typed before")
        server.expire_sessions(owner.username)
        wizard.next.click()
        fill_in_sign_in(page, owner)
        wizard.at("organisation")
        expect(wizard.field("organisation", "name")).to_have_value("Typed before")
        wizard.next.click()
        wizard.at("billing")

    def test_leaving_shows_the_checklist_which_leads_back(self, open_page, owner):
        page = open_page()
        sign_in(page, owner)
        wizard = Wizard(page)
        wizard.save("organisation", name="Quiet Corner Ltd")
        wizard.at("billing").fill("billing", max_concurrent_calls=7)
        wizard.leave.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Quiet Corner Ltd")
        page.get_by_role("link", name="Continue with Plan").click()
        wizard.at("billing")
        expect(wizard.field("billing", "max_concurrent_calls")).to_have_value("7")


class TestSteps:
    def test_are_swapped_in_place_and_the_browser_goes_back_and_forth(self, open_page, owner):
        page = open_page()
        sign_in(page, owner)
        wizard = Wizard(page)
        wizard.at("organisation")
        page.evaluate("window.stillHere = true")
        wizard.save("organisation")
        wizard.at("billing")
        expect(wizard.question).to_be_focused()
        assert page.evaluate("window.stillHere"), "the page was loaded anew"
        expect(page).to_have_url(re.compile("/onboarding/billing$"))
        expect(page).to_have_title(re.compile("^Plan"))
        page.go_back()
        wizard.at("organisation")

    def test_choosing_a_plan_fills_in_its_limits_but_not_over_one_s_own(self, open_page, owner):
        page = open_page()
        sign_in(page, owner)
        wizard = Wizard(page)
        wizard.save("organisation")
        wizard.at("billing").fill("billing", max_concurrent_calls=7, billing_plan="business")
        expect(wizard.field("billing", "monthly_call_limit")).to_have_value("50000")
        expect(wizard.field("billing", "max_concurrent_calls")).to_have_value("7")
        wizard.fill("billing", billing_plan="starter")
        expect(wizard.field("billing", "monthly_call_limit")).to_have_value("1000")

    def test_enter_goes_on(self, open_page, owner):
        page = open_page()
        sign_in(page, owner)
        wizard = Wizard(page).at("organisation")
        wizard.save("organisation")
        wizard.at("billing").field("billing", "max_concurrent_calls").press("Enter")
        wizard.at("sip")


def test_axe_finds_nothing(open_page, owner):
    page = open_page()
    page.goto("/signup")
    page.get_by_role("button", name="Create the account").click()
    expect(page.locator("#signup-username-error")).to_be_visible()
    faults = {"sign-up": axe.faults(page)}
    sign_in(page, owner)
    wizard = Wizard(page)
    for step in QUESTIONS:
        wizard.at(step)
        faults[step] = axe.faults(page)
        if step == "billing":
            wizard.fill("billing", max_concurrent_calls="x").next.click()
            expect(page.locator("#billing-max_concurrent_calls-error")).to_be_visible()
            faults["an error"] = axe.faults(page)
            wizard.fill("billing", max_concurrent_calls=10)
        if step == "review":
            wizard.leave.click()
            expect(page.get_by_text("Finish setting up")).to_be_visible()
            faults["the checklist"] = axe.faults(page)
            page.get_by_role("link", name="Continue with Review").click()
            wizard.at("review")
        (wizard.skip if step in ("sip", "webhook") else wizard.next).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are set up")
    faults["the end"] = axe.faults(page)
    assert {name: found for name, found in faults.items() if found} == {}
