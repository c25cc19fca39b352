"""Second factors in a real browser: an authenticator app, and passkeys of a virtual device."""

import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.browser.keyboard import Keyboard
from tests.browser.pages import fill_in_sign_in, sign_in, sign_out
from tests.browser.server import Account
from tests.browser.virtual_device import Device, add_passkey, use_passkey
from tests.factories import make_user
from tests.web.factors import Phone
from webui.core.extensions import db
from webui.models import Passkey


@pytest.fixture
def somebody(local):
    """An owner with a password."""
    account = Account(f"lee.{secrets.token_hex(4)}", secrets.token_urlsafe(12))
    with local.inside():
        make_user("owner", password=account.password, username=account.username)
    return account


@pytest.fixture
def page(open_page, local, somebody) -> Page:
    page = open_page(on=local)
    sign_in(page, somebody)
    return page


class TestAuthenticatorApp:
    @pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
    def test_is_set_up_asked_for_and_removed(self, open_page, somebody, script):
        page = open_page(java_script_enabled=script)
        sign_in(page, somebody)
        page.goto("/account")
        page.get_by_role("link", name="Set up the app").click()
        phone = Phone(page.locator("#key").inner_text())
        page.get_by_label("Code").fill(phone.code())
        page.get_by_label("Password").fill(somebody.password)
        page.get_by_role("button", name="Set up", exact=True).click()
        expect(page.locator("#codes li")).to_have_count(10)
        recovery = page.locator("#codes li").first.inner_text()
        page.get_by_role("link", name="I've saved them").click()
        expect(page.get_by_text("10 of 10 are unused")).to_be_visible()
        sign_out(page)
        fill_in_sign_in(page, somebody)
        expect(page.get_by_role("heading", name="One more step")).to_be_visible()
        # The code of now was used to set it up; the next one is as good a little early.
        page.get_by_label("Code").fill(phone.code(1))
        page.keyboard.press("Enter")
        expect(page.locator(".menu-name")).to_have_text(somebody.username)
        page.goto("/account")
        page.get_by_role("link", name="Remove the app").click()
        page.get_by_label("Password").fill(somebody.password)
        page.get_by_label("Code").fill(recovery)
        page.get_by_role("button", name="Remove the app").click()
        expect(page.get_by_text("The authenticator app is removed.")).to_be_visible()

    def test_picture_can_be_scanned(self, page):
        page.goto("/account/authenticator")
        picture = page.get_by_role("img", name="QR code")
        assert picture.evaluate("image => image.naturalWidth") > 100

    def test_by_keyboard_alone(self, open_page, somebody):
        page = open_page()
        keyboard = Keyboard(page)
        sign_in(page, somebody)
        page.goto("/account")
        keyboard.tab_to(page.get_by_role("link", name="Set up the app"))
        keyboard.press("Enter")
        expect(page.get_by_label("Code")).to_be_focused()
        phone = Phone(page.locator("#key").inner_text())
        keyboard.type(phone.code())
        keyboard.tab()
        keyboard.type(somebody.password)
        keyboard.press("Enter")
        recovery = page.locator("#codes li").first.inner_text()
        keyboard.tab_to(page.get_by_role("link", name="I've saved them"))
        keyboard.press("Enter")
        expect(page.get_by_text("10 of 10 are unused")).to_be_visible()
        sign_out(page)
        fill_in_sign_in(page, somebody)
        expect(page.get_by_label("Code")).to_be_focused()
        keyboard.type(phone.code(1))
        keyboard.press("Enter")
        expect(page.locator(".menu-name")).to_have_text(somebody.username)
        page.goto("/account")
        keyboard.tab_to(page.get_by_role("link", name="Remove the app"))
        keyboard.press("Enter")
        expect(page.get_by_label("Password")).to_be_focused()
        keyboard.type(somebody.password)
        keyboard.tab_to(page.get_by_label("Code"))
        keyboard.type(recovery)
        keyboard.tab_to(page.get_by_role("button", name="Remove the app"))
        keyboard.press("Enter")
        expect(page.get_by_text("The authenticator app is removed.")).to_be_visible()


class TestPaste:
    def test_works_in_every_field(self, page, somebody):
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto("/account/authenticator")
        phone = Phone(page.locator("#key").inner_text())
        code = phone.code()
        # Some apps copy the code as they show it.
        paste(page, "Code", f"{code[:3]} {code[3:]}")
        paste(page, "Password", somebody.password)
        page.keyboard.press("Enter")
        expect(page.locator("#codes li")).to_have_count(10)
        page.goto("/account/password")
        fresh = f"{secrets.token_urlsafe(50)} x"
        paste(page, "Current password", somebody.password)
        paste(page, "New password", fresh)
        page.keyboard.press("Enter")
        expect(page.get_by_text("Your password is changed.")).to_be_visible()
        sign_out(page)
        paste(page, "Username", somebody.username)
        paste(page, "Password", fresh)
        page.keyboard.press("Enter")
        paste(page, "Code", phone.code(1))
        page.keyboard.press("Enter")
        expect(page.locator(".menu-name")).to_have_text(somebody.username)


def paste(page: Page, label: str, text: str) -> None:
    """Pastes into a field."""
    field = page.get_by_label(label)
    field.focus()
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.keyboard.press("ControlOrMeta+v")
    expect(field).to_have_value(text)


class TestPasskeys:
    def test_sign_in_without_password_and_code(self, page, somebody):
        Device(page)
        add_passkey(page, "Work laptop", somebody.password)
        expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
        sign_out(page)
        use_passkey(page)
        expect(page.locator(".menu-name")).to_have_text(somebody.username)
        page.goto("/account")
        expect(page.get_by_text("last used just now").first).to_be_visible()

    def test_of_several_devices_can_be_named_and_removed(self, page, somebody):
        Device(page)
        add_passkey(page, "Work laptop", somebody.password)
        code = page.locator("#codes li").first.inner_text()
        # One device holds one passkey of an account: the next one needs another device.
        Device(page, "usb")
        add_passkey(page, "Phone", somebody.password, code)
        page.get_by_role("link", name="Rename or remove Phone").click()
        page.get_by_label("Name", exact=True).fill("Old phone")
        page.get_by_role("button", name="Rename").click()
        page.get_by_role("link", name="Rename or remove Old phone").click()
        page.get_by_label("Password").fill(somebody.password)
        page.get_by_role("button", name="Remove Old phone").click()
        expect(page.get_by_text("The passkey is removed.")).to_be_visible()
        expect(page.get_by_role("link", name="Rename or remove")).to_have_count(1)

    def test_stand_in_for_the_code_after_the_password(self, page, somebody):
        Device(page)
        add_passkey(page, "Work laptop", somebody.password)
        sign_out(page)
        fill_in_sign_in(page, somebody)
        expect(page.get_by_role("heading", name="One more step")).to_be_visible()
        page.get_by_role("button", name="Use a passkey").click()
        expect(page.locator(".menu-name")).to_have_text(somebody.username)

    def test_need_the_person(self, page, somebody):
        device = Device(page)
        add_passkey(page, "Work laptop", somebody.password)
        sign_out(page)
        device.verifies(False)
        use_passkey(page)
        expect(page.get_by_text("No passkey was used.")).to_be_visible()

    def test_that_were_removed_or_never_known_sign_nobody_in(self, page, local, somebody):
        device = Device(page)
        add_passkey(page, "Work laptop", somebody.password)
        page.goto("/account")
        page.get_by_role("link", name="Rename or remove").click()
        page.get_by_label("Password").fill(somebody.password)
        page.get_by_role("button", name="Remove Work laptop").click()
        assert len(device.credentials()) == 1
        sign_out(page)
        use_passkey(page)
        expect(page.get_by_text("This passkey did not work here.").first).to_be_visible()

    def test_that_were_copied_are_noticed_by_their_count(self, page, local, somebody):
        device = Device(page)
        add_passkey(page, "Work laptop", somebody.password)
        with local.inside():
            passkey = db.session.query(Passkey).order_by(Passkey.created_at.desc()).first()
            identity = passkey.id
        sign_out(page)
        [copied] = device.credentials()
        use_passkey(page)
        expect(page.locator(".menu-name")).to_be_visible()
        sign_out(page)
        device.put(copied)
        use_passkey(page)
        expect(page.get_by_text("This passkey did not work here.").first).to_be_visible()
        with local.inside():
            assert db.session.get_one(Passkey, identity).sign_count > copied["signCount"]
