"""A device that makes passkeys, without a finger."""

from playwright.sync_api import Page, expect

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


def add_passkey(page: Page, name: str, password: str, code: str = "") -> None:
    """Adds one; ``code`` is a recovery code, for who has a passkey already on another device."""
    page.goto("/account")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password").fill(password)
    if code:
        page.get_by_label("Recovery code").fill(code)
    page.get_by_role("button", name="Set up the passkey").click()
    expect(page.get_by_text("Your passkey is set up.")).to_be_visible()


def use_passkey(page: Page) -> None:
    page.goto("/login")
    page.get_by_role("button", name="Use a passkey").click()
