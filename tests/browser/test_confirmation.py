"""A change of one's factors asks for password and factor again, whoever sits at the keyboard."""

import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.browser.keyboard import Keyboard
from tests.browser.pages import sign_in
from tests.browser.server import Account
from tests.browser.virtual_device import Device, add_passkey
from tests.factories import make_user
from tests.web.factors import Phone

WRONG_PASSWORD = "This is not your current password."
WRONG_FACTOR = "This is neither a code of your app"


@pytest.fixture
def person(local) -> Account:
    """An owner with a password."""
    account = Account(f"lee.{secrets.token_hex(4)}", secrets.token_urlsafe(12))
    with local.inside():
        make_user("owner", password=account.password, username=account.username)
    return account


def set_up_app(page: Page, person: Account) -> list[str]:
    """Sets an authenticator app up; the recovery codes."""
    page.goto("/account/authenticator")
    page.get_by_label("Code").fill(Phone(page.locator("#key").inner_text()).code())
    page.get_by_label("Password").fill(person.password)
    page.get_by_label("Password").press("Enter")
    expect(page.locator("#codes li")).to_have_count(10)
    return page.locator("#codes li").all_inner_texts()


class TestByKeyboard:
    def test_new_recovery_codes(self, open_page, local, person):
        page = open_page(on=local)
        keyboard = Keyboard(page)
        sign_in(page, person)
        codes = set_up_app(page, person)
        page.goto("/account")
        keyboard.tab_to(page.get_by_role("link", name="New codes"))
        keyboard.press("Enter")
        expect(page.get_by_label("Password")).to_be_focused()
        keyboard.type("not the password")
        keyboard.tab_to(page.get_by_label("Code"))
        keyboard.type(codes[0])
        keyboard.press("Enter")
        expect(page.get_by_text(WRONG_PASSWORD)).to_be_visible()
        expect(page.get_by_label("Password")).to_be_focused()
        keyboard.type(person.password)
        keyboard.tab_to(page.get_by_label("Code"))
        keyboard.type("abcdef")
        keyboard.press("Enter")
        expect(page.get_by_text(WRONG_FACTOR)).to_be_visible()
        expect(page.get_by_label("Code")).to_be_focused()
        keyboard.type(codes[0])
        keyboard.tab_to(page.get_by_label("Password"), "Shift+Tab")
        keyboard.type(person.password)
        keyboard.press("Enter")
        expect(page.get_by_text("You have new recovery codes.")).to_be_visible()
        expect(page.locator("#codes li")).to_have_count(10)
        assert not set(codes) & set(page.locator("#codes li").all_inner_texts())


class TestWithoutJavaScript:
    def test_of_an_app_s_removal(self, open_page, person):
        page = open_page(java_script_enabled=False)
        sign_in(page, person)
        codes = set_up_app(page, person)
        page.goto("/account")
        page.get_by_role("link", name="Remove the app").click()
        for password, code, said in (
            ("not the password", codes[0], WRONG_PASSWORD),
            (person.password, "abcdef", WRONG_FACTOR),
            (person.password, codes[0], "The authenticator app is removed."),
        ):
            page.get_by_label("Password").fill(password)
            page.get_by_label("Code").fill(code)
            page.get_by_role("button", name="Remove the app").click()
            expect(page.get_by_text(said).first).to_be_visible()

    def test_a_passkey_says_what_it_needs(self, open_page, person):
        page = open_page(java_script_enabled=False)
        sign_in(page, person)
        page.goto("/account/passkeys/new")
        expect(page.get_by_text("Passkeys need JavaScript.")).to_be_visible()
        expect(page.get_by_role("button", name="Set up the passkey")).to_be_hidden()
        page.get_by_role("link", name="set up an authenticator app").click()
        expect(page.get_by_role("img", name="QR code")).to_be_visible()


class TestByPasskey:
    @pytest.fixture
    def page(self, open_page, local, person) -> Page:
        page = open_page(on=local)
        sign_in(page, person)
        return page

    def test_an_empty_code_asks_the_browser(self, page, person):
        device = Device(page)
        add_passkey(page, "Work laptop", person.password)
        for path, button, said in (
            ("recovery-codes", "Create new codes", "You have new recovery codes."),
            ("passkeys", "Remove Work laptop", "The passkey is removed."),
        ):
            if path == "passkeys":
                page.goto("/account")
                page.get_by_role("link", name="Rename or remove").click()
            else:
                page.goto(f"/account/{path}")
            page.get_by_label("Password").fill(person.password)
            device.verifies(False)
            page.get_by_role("button", name=button).click()
            expect(page.get_by_text("No passkey was used.")).to_be_visible()
            device.verifies(True)
            page.get_by_role("button", name=button).click()
            expect(page.get_by_text(said).first).to_be_visible()

    def test_another_factor_is_set_up(self, page, person):
        Device(page)
        add_passkey(page, "Work laptop", person.password)
        page.goto("/account/authenticator")
        page.get_by_label("Code", exact=True).fill(Phone(page.locator("#key").inner_text()).code())
        page.get_by_label("Password").fill(person.password)
        page.get_by_role("button", name="Set up", exact=True).click()
        expect(page.get_by_text("Your authenticator app is set up.")).to_be_visible()

    def test_what_is_wrong_is_said_beside_its_field(self, page, person):
        codes = set_up_app(page, person)
        device = Device(page)
        page.goto("/account/passkeys/new")
        button = page.get_by_role("button", name="Set up the passkey")
        page.get_by_label("Password").fill("not the password")
        page.get_by_label("Code").fill("abcdef")
        button.click()
        password, code = page.get_by_label("Password"), page.get_by_label("Code")
        expect(password).to_have_accessible_description(WRONG_PASSWORD)
        expect(password).to_be_focused()
        password.fill(person.password)
        button.click()
        expect(code).to_be_focused()
        expect(code).to_have_attribute("aria-invalid", "true")
        expect(page.get_by_text(WRONG_FACTOR)).to_be_visible()
        expect(page.get_by_text(WRONG_PASSWORD)).to_have_count(0)
        code.fill(codes[0])
        button.click()
        expect(page.get_by_text("Your passkey is set up.")).to_be_visible()
        assert len(device.credentials()) == 1
