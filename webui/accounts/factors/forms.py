"""The forms of second factors, and the confirmation that every change of them asks for."""

from collections.abc import Callable
from typing import Any

from webui.accounts.factors.confirmation import Credentials
from webui.accounts.factors.factors import Factors
from webui.accounts.factors.webauthn.passkeys import Answer
from webui.accounts.forms import CODE_HINTS, code_field, current_password_field
from webui.core.limits import PASSKEY_NAME
from webui.web.posted.forms import BaseForm, ParsedField, text_field


class ConfirmForm(BaseForm):
    """Re-authentication: the password and, if the account has one, a second factor.

    ``assertion`` is the passkey's response as JSON; ``has`` are the account's factors.
    """

    current_password = current_password_field("Password")
    current_code = code_field()
    assertion = ParsedField("Passkey", str, kind="hidden")

    def __init__(self, has: Factors, *formdata: Any, **options: Any) -> None:
        super().__init__(*formdata, **options)
        self.has = has
        if not has.any:
            self.drop_confirmation("current_code", "assertion")
            return
        code, app = self["current_code"], has.authenticator is not None
        code.label.text = "Code" if app else "Recovery code"
        ways = "From your authenticator app, or one of your recovery codes." if app else ""
        by_passkey = "Leave it empty to use a passkey instead: your browser asks for it."
        code.description = " ".join(filter(None, (ways, by_passkey if has.passkeys else "")))
        # With a passkey the code may be empty; an attribute of None is omitted.
        code.render_kw = {**CODE_HINTS, "required": None if has.passkeys else True}

    def drop_confirmation(self, *names: str) -> None:
        """Removes fields that are not needed, by default all of the confirmation."""
        for name in names or ("current_password", "current_code", "assertion"):
            if name in self:
                del self[name]

    def given(self, answer: Callable[[str], Answer | None]) -> Credentials:
        """Returns the input; ``answer`` converts the assertion to what passkeys can verify."""
        if "current_code" not in self:
            return Credentials(self["current_password"].value)
        said = self["assertion"].value
        code, passkey = self["current_code"].value.strip(), answer(said) if said else None
        return Credentials(self["current_password"].value, code, passkey)


class SetupForm(ConfirmForm):
    """A new authenticator: its encrypted secret, and a code that confirms it."""

    setup = ParsedField("Setup", str, kind="hidden")
    code = code_field()


def passkey_name_field() -> ParsedField:
    """Returns a field for the name of a passkey."""
    return text_field(PASSKEY_NAME, description="A name that tells your passkeys apart.")


class PasskeyNameForm(BaseForm):
    """The name of a passkey."""

    name = passkey_name_field()


class PasskeyForm(ConfirmForm):
    """A new passkey: ``credential`` is the browser's response to the options, as JSON."""

    name = passkey_name_field()
    credential = ParsedField("Passkey", str, kind="hidden")
