"""The forms for sign-in and for changes of one's own account."""

from collections.abc import Callable, Container
from typing import Any

from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import ValidationError

from webui import values
from webui.accounts import password_rule
from webui.accounts.factors.confirmation import Credentials
from webui.accounts.factors.factors import Factors
from webui.accounts.factors.passkeys import Answer
from webui.core.limits import PASSKEY_NAME, PASSWORD, THEMES, USERNAME
from webui.web.posted.forms import BaseForm, ParsedField, PostedForm, text_field

# Attributes of a field for a code from an app, for any keyboard and browser.
CODE_HINTS = {
    "autocomplete": "one-time-code",
    "autocapitalize": "none",
    "spellcheck": "false",
    "required": True,
}


def code_field(**options: Any) -> ParsedField:
    """Returns a field for a code, typed or pasted."""
    return ParsedField("Code", str, kind="code", render_kw=CODE_HINTS, **options)


def current_password_field(label: str) -> ParsedField:
    """Returns a field for the current password."""
    hints = {"autocomplete": "current-password", "required": True}
    return ParsedField(label, str, kind="secret", render_kw=hints)


class LoginForm(PostedForm):
    """Username and password; ``next`` is the path to go to afterwards."""

    username = StringField(
        USERNAME.label,
        render_kw={
            "autocomplete": "username",
            "autocapitalize": "none",
            "spellcheck": "false",
        },
    )
    password = PasswordField("Password", render_kw={"autocomplete": "current-password"})
    next = HiddenField()


class CodeForm(PostedForm):
    """The code after the password; ``next`` as in the sign-in form."""

    code = StringField("Code")
    next = HiddenField()


class PreferencesForm(BaseForm):
    """The preferences of a person: time zone and theme."""

    time_zone = ParsedField("Time zone", values.time_zone, kind="zone")
    theme = ParsedField("Theme", lambda raw: _one_of(raw, THEMES), kind="theme")


def new_password_field(label: str = PASSWORD.label) -> ParsedField:
    """Returns a field for a new password; accounts.password_rule checks it."""
    # No maxlength: a browser would silently cut a pasted password.
    hints = {"autocomplete": "new-password", "required": True}
    return ParsedField(label, str, kind="secret", render_kw=hints)


def explain_password(field: Any, role: str) -> None:
    """Sets help and limits of a field for a new password, by the role."""
    limits = password_rule.limits_for(role)
    words = "A few unrelated words are easy to remember and hard to guess."
    field.description = f"{limits.minimum} to {limits.maximum} characters. {words}"
    field.render_kw = {**field.render_kw, "minlength": limits.minimum}


def check_password_field(field: Any, holder: password_rule.Holder) -> None:
    """Validates a field by the password rule. Raises ValidationError."""
    try:
        password_rule.check_password_rule(field.value, holder)
    except values.Refused as refusal:
        raise ValidationError(str(refusal)) from None


class PasswordForm(BaseForm):
    """The current password and a new one; the operation checks the rule."""

    current_password = current_password_field("Current password")
    password = new_password_field("New password")

    def __init__(self, role: str, **options: Any) -> None:
        super().__init__(**options)
        explain_password(self.password, role)


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
        code.label.text = "Current code" if app else "Recovery code"
        ways = "From the app you have now, or one of your recovery codes." if app else ""
        by_passkey = "Leave it empty to confirm with a passkey: your browser asks for it."
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
    return text_field(PASSKEY_NAME, description="So that you know it among others.")


class PasskeyNameForm(BaseForm):
    """The name of a passkey."""

    name = passkey_name_field()


class PasskeyForm(ConfirmForm):
    """A new passkey: ``credential`` is the browser's response to the options, as JSON."""

    name = passkey_name_field()
    credential = ParsedField("Passkey", str, kind="hidden")


def _one_of(raw: str, words: Container[str]) -> str:
    if raw not in words:
        raise values.Refused("Choose one from the list.")
    return raw
