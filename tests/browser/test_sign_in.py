"""Second factors in a real browser: an authenticator app, and passkeys of a virtual device."""

import copy
import secrets

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import fill_in_sign_in, sign_in, sign_out
from tests.browser.server import Account
from tests.factories import make_user
from tests.web.factors import Phone
from webui.extensions import db
from webui.models import Passkey

DEVICE = {
    "protocol": "ctap2",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Device:
    """A virtual authenticator of a page (Chrome DevTools Protocol, WebAuthn)."""

    def __init__(self, page: Page, transport: str = "internal") -> None:
        self._session = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable")
        options = {"options": {**DEVICE, "transport": transport}}
        made = self._session.send("WebAuthn.addVirtualAuthenticator", options)
        self._id = {"authenticatorId": made["authenticatorId"]}

    def verifies(self, verified: bool) -> None:
        """Whether the finger is the right one from now on."""
        self._session.send("WebAuthn.setUserVerified", {**self._id, "isUserVerified": verified})

    def credentials(self) -> list[dict]:
        return self._session.send("WebAuthn.getCredentials", self._id)["credentials"]

    def put(self, credential: dict) -> None:
        """Puts a credential back to how it was, as a thief's copy of it would be."""
        known = {**self._id, "credentialId": credential["credentialId"]}
        self._session.send("WebAuthn.removeCredential", known)
        self._session.send("WebAuthn.addCredential", {**self._id, "credential": credential})


@pytest.fixture
def local(server):
    """The server by the name that browsers make passkeys for; they make none for an address."""
    local = copy.copy(server)
    local.origin = server.origin.replace("127.0.0.1", "localhost")
    return local


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


def add_passkey(page: Page, name: str) -> None:
    page.goto("/account")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Set up the passkey").click()
    expect(page.get_by_text("Your passkey is set up.")).to_be_visible()


def use_passkey(page: Page) -> None:
    page.goto("/login")
    page.get_by_role("button", name="Use a passkey").click()


class TestAuthenticatorApp:
    def test_is_set_up_and_asked_for(self, page, somebody):
        page.goto("/account")
        page.get_by_role("link", name="Set up the app").click()
        phone = Phone(page.locator("#key").inner_text())
        picture = page.get_by_role("img", name="QR code")
        assert picture.evaluate("image => image.naturalWidth") > 100
        page.get_by_label("Code").fill(phone.code())
        page.get_by_role("button", name="Set up", exact=True).click()
        expect(page.locator("#codes li")).to_have_count(10)
        page.get_by_role("link", name="I have kept them").click()
        expect(page.get_by_text("10 of 10 are unused")).to_be_visible()
        sign_out(page)
        fill_in_sign_in(page, somebody)
        expect(page.get_by_role("heading", name="One more step")).to_be_visible()
        # The code of now was used to set it up; the next one is as good a little early.
        page.get_by_label("Code").fill(phone.code(1))
        page.keyboard.press("Enter")
        expect(page.locator(".menu-name")).to_have_text(somebody.username)


class TestPasskeys:
    def test_sign_in_without_password_and_code(self, page, somebody):
        Device(page)
        add_passkey(page, "Work laptop")
        expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
        sign_out(page)
        use_passkey(page)
        expect(page.locator(".menu-name")).to_have_text(somebody.username)
        page.goto("/account")
        expect(page.get_by_text("last used just now").first).to_be_visible()

    def test_of_several_devices_can_be_named_and_removed(self, page, somebody):
        Device(page)
        add_passkey(page, "Work laptop")
        # One device holds one passkey of an account: the next one needs another device.
        Device(page, "usb")
        add_passkey(page, "Phone")
        page.get_by_role("link", name="Rename or remove Phone").click()
        page.get_by_label("Name").fill("Old phone")
        page.get_by_role("button", name="Rename").click()
        page.get_by_role("link", name="Rename or remove Old phone").click()
        page.get_by_label("Password").fill(somebody.password)
        page.get_by_role("button", name="Remove Old phone").click()
        expect(page.get_by_text("The passkey is removed.")).to_be_visible()
        expect(page.get_by_role("link", name="Rename or remove")).to_have_count(1)

    def test_stand_in_for_the_code_after_the_password(self, page, somebody):
        Device(page)
        add_passkey(page, "Work laptop")
        sign_out(page)
        fill_in_sign_in(page, somebody)
        expect(page.get_by_role("heading", name="One more step")).to_be_visible()
        page.get_by_role("button", name="Use a passkey").click()
        expect(page.locator(".menu-name")).to_have_text(somebody.username)

    def test_need_the_person(self, page):
        device = Device(page)
        add_passkey(page, "Work laptop")
        sign_out(page)
        device.verifies(False)
        use_passkey(page)
        expect(page.get_by_text("No passkey was used.")).to_be_visible()

    def test_that_were_removed_or_never_known_sign_nobody_in(self, page, local, somebody):
        device = Device(page)
        add_passkey(page, "Work laptop")
        page.goto("/account")
        page.get_by_role("link", name="Rename or remove").click()
        page.get_by_label("Password").fill(somebody.password)
        page.get_by_role("button", name="Remove Work laptop").click()
        assert len(device.credentials()) == 1
        sign_out(page)
        use_passkey(page)
        expect(page.get_by_text("This passkey did not work here.").first).to_be_visible()

    def test_that_were_copied_are_noticed_by_their_count(self, page, local):
        device = Device(page)
        add_passkey(page, "Work laptop")
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
