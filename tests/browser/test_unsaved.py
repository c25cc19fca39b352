"""What is typed into a form is not lost by another form of the page."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.dialogs import Questions
from tests.browser.wizard import Wizard, fill_in_sign_up


def press_in_menu(page: Page, label: str) -> None:
    if not page.locator("details.menu[open]").count():
        page.locator("details.menu summary").click()
    page.get_by_role("button", name=label, exact=True).click()


def search(page: Page) -> None:
    box = page.get_by_role("searchbox", name="Find a tenant")
    box.fill("northwind")
    box.press("Enter")


class TestOtherForms:
    @pytest.mark.parametrize(
        ("role", "path", "field"),
        [
            ("support", "/tenants/{}/billing/edit", "Reason"),
            ("support", "/tenants/{}/status", "Reason"),
            ("support", "/tenants/new", "Name"),
            ("admin", "/users/new", "Username"),
            ("admin", "/account/password", "New password"),
        ],
    )
    def test_of_the_bar_ask_and_the_theme_changes_in_place(
        self, open_page, tenant, role, path, field
    ):
        page = open_page(role, color_scheme="light")
        questions = Questions(page)
        page.goto(path.format(tenant))
        typed = page.get_by_label(field, exact=True)
        typed.press_sequentially("half a word")
        for leave in (search, lambda page: press_in_menu(page, "Sign out")):
            leave(page)
            expect(typed).to_have_value("half a word")
            assert questions.asked() == 1
        press_in_menu(page, "Dark")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
        expect(typed).to_have_value("half a word")
        press_in_menu(page, "Light")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
        # The account keeps its choice, and other tests share the account.
        press_in_menu(page, "System")
        expect(page.locator("html")).to_have_attribute("data-theme", "auto")
        assert questions.asked() == 0
        page.get_by_role("link", name="Cancel").click()
        expect(typed).to_have_count(0)
        assert questions.asked() == 0


class TestTwoForms:
    def test_sending_one_asks_for_the_other_and_unlocks_when_the_person_stays(self, open_page):
        page = open_page("admin")
        questions = Questions(page)
        page.goto("/account")
        page.get_by_label("Time zone", exact=True).select_option("Europe/Vienna")
        press_in_menu(page, "Sign out")
        assert questions.asked() == 1
        expect(page.get_by_role("button", name="Sign out")).to_have_text("Sign out")
        expect(page.locator("form[aria-busy]")).to_have_count(0)
        # The form itself may go, and what the theme is now is not undone by it.
        press_in_menu(page, "Dark")
        expect(page.get_by_label("Theme", exact=True)).to_have_value("dark")
        page.get_by_label("Time zone", exact=True).select_option("UTC")
        page.get_by_role("button", name="Save preferences").click()
        expect(page.get_by_text("Your preferences are saved.")).to_be_visible()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        press_in_menu(page, "System")
        expect(page.locator("html")).to_have_attribute("data-theme", "auto")
        assert questions.asked() == 0


class TestNewCustomer:
    def test_is_asked_in_sign_up_and_wizard_but_not_when_saving(self, open_page):
        page = open_page(color_scheme="light")
        questions = Questions(page)
        page.goto("/signup")
        organisation = page.get_by_label("Organisation")
        organisation.press_sequentially("Half a na")
        page.get_by_role("link", name="Sign in").click()
        press_in_menu(page, "Dark")
        expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
        expect(organisation).to_have_value("Half a na")
        assert questions.asked() == 1
        fill_in_sign_up(page, "Halfway Ltd")
        wizard = Wizard(page).at("organisation")
        back_to = page.locator("details.menu input[name=next]")
        expect(back_to).to_have_value("/onboarding/organisation")
        wizard.fill("organisation", name="Halfway and on Ltd")
        press_in_menu(page, "Sign out")
        assert questions.asked() == 1
        wizard.next.click()
        wizard.at("billing").fill("billing", max_concurrent_calls=7)
        expect(back_to).to_have_value("/onboarding/billing")
        wizard.leave.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Halfway and on Ltd")
        assert questions.asked() == 0
