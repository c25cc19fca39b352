"""The forms of second factors, and the confirmation that every change of them asks for."""

from collections.abc import Callable
from typing import Any

from webui.accounts.factors.confirmation import Given
from webui.accounts.factors.factors import Factors
from webui.accounts.factors.passkeys import Answer
from webui.accounts.forms import CODE_HINTS, code_field, password_again
from webui.core.limits import PASSKEY_NAME
from webui.web.posted.forms import BaseForm, ParsedField, text_field


class ConfirmForm(BaseForm):
    """The password once more and, where there is one, a second factor.

    ``assertion`` is what the browser made with a passkey, as JSON; ``has`` are the factors.
    """

    current_password = password_again("Password")
    current_code = code_field()
    assertion = ParsedField("Passkey", str, kind="hidden")

    def __init__(self, has: Factors, *formdata: Any, **options: Any) -> None:
        super().__init__(*formdata, **options)
        self.has = has
        if not has.any:
            self.drop_confirmation("current_code", "assertion")
            return
        code, app = self["current_code"], has.authenticator is not None
        code.label.text = "Current code" if app else "Recovery code"
        ways = "From the app you have now, or one of your recovery codes." if app else ""
        by_passkey = "Leave it empty to confirm with a passkey: your browser asks for it."
        code.description = " ".join(filter(None, (ways, by_passkey if has.passkeys else "")))
        # With a passkey it may stay empty; an attribute of None is left out.
        code.render_kw = {**CODE_HINTS, "required": None if has.passkeys else True}

    def drop_confirmation(self, *names: str) -> None:
        """Takes out fields that are not asked for, by default all of the confirmation."""
        for name in names or ("current_password", "current_code", "assertion"):
            if name in self:
                del self[name]

    def given(self, answer: Callable[[str], Answer | None]) -> Given:
        """What was given; ``answer`` makes of the assertion what passkeys can judge."""
        if "current_code" not in self:
            return Given(self["current_password"].value)
        said = self["assertion"].value
        code, passkey = self["current_code"].value.strip(), answer(said) if said else None
        return Given(self["current_password"].value, code, passkey)


class SetupForm(ConfirmForm):
    """A new authenticator: its secret, sealed, and a code that confirms it."""

    setup = ParsedField("Setup", str, kind="hidden")
    code = code_field()


def passkey_name_field() -> ParsedField:
    """What one calls a passkey."""
    return text_field(PASSKEY_NAME, description="So that you know it among others.")


class PasskeyNameForm(BaseForm):
    """What one calls a passkey."""

    name = passkey_name_field()


class PasskeyForm(ConfirmForm):
    """A new passkey: ``credential`` is what the browser made of the options, as JSON."""

    name = passkey_name_field()
    credential = ParsedField("Passkey", str, kind="hidden")
