"""Signing in, and what people change of their own account."""

from collections.abc import Container
from typing import Any

from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import ValidationError

from webui import values
from webui.accounts import password_rule
from webui.forms import BaseForm, ParsedField, PostedForm, text_field
from webui.limits import PASSKEY_NAME, PASSWORD, THEMES, USERNAME

# How a field says that it takes a code from an app, on any keyboard and in any browser.
CODE_HINTS = {
    "autocomplete": "one-time-code",
    "autocapitalize": "none",
    "spellcheck": "false",
    "required": True,
}


def code_field(**options: Any) -> ParsedField:
    """A code, as it is typed or pasted."""
    return ParsedField("Code", str, kind="code", render_kw=CODE_HINTS, **options)


def password_again(label: str) -> ParsedField:
    """The password that the person has now."""
    hints = {"autocomplete": "current-password", "required": True}
    return ParsedField(label, str, kind="secret", render_kw=hints)


class LoginForm(PostedForm):
    """Username and password; ``next`` is where to go afterwards."""

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
    """How the console looks to one person."""

    time_zone = ParsedField("Time zone", values.time_zone, kind="zone")
    theme = ParsedField("Theme", lambda raw: _one_of(raw, THEMES), kind="theme")


def new_password_field(label: str = PASSWORD.label) -> ParsedField:
    """A password that is chosen now; what it may be is judged by accounts.password_rule."""
    # No maxlength: a browser would cut a pasted password without a word.
    hints = {"autocomplete": "new-password", "required": True}
    return ParsedField(label, str, kind="secret", render_kw=hints)


def explain_password(field: Any, role: str) -> None:
    """Says below a field for a new password what one of the role may be."""
    limits = password_rule.limits_for(role)
    words = "A few unrelated words are easy to remember and hard to guess."
    field.description = f"{limits.minimum} to {limits.maximum} characters. {words}"
    field.render_kw = {**field.render_kw, "minlength": limits.minimum}


def judge_password(field: Any, holder: password_rule.Holder) -> None:
    """The one rule for passwords, as a validator. Raises ValidationError."""
    try:
        password_rule.check(field.value, holder)
    except values.Refused as refusal:
        raise ValidationError(str(refusal)) from None


class PasswordForm(BaseForm):
    """The current password and a new one; the rule is judged by the operation."""

    current_password = password_again("Current password")
    password = new_password_field("New password")

    def __init__(self, role: str, **options: Any) -> None:
        super().__init__(**options)
        explain_password(self.password, role)


class SetupForm(BaseForm):
    """A new authenticator: its secret, sealed, and a code that confirms it."""

    setup = ParsedField("Setup", str, kind="hidden")
    current_password = password_again("Password")
    code = code_field()


class RemovalForm(BaseForm):
    """Password and code: what removes an authenticator."""

    current_password = password_again("Password")
    code = code_field(description="From the app, or one of your recovery codes.")


class ConfirmForm(BaseForm):
    """The password once more."""

    current_password = password_again("Password")


class PasskeyNameForm(BaseForm):
    """What one calls a passkey."""

    name = text_field(PASSKEY_NAME, description="So that you know it among others.")


class PasskeyForm(PasskeyNameForm):
    """A new passkey: ``credential`` is what the browser made of the options, as JSON."""

    current_password = password_again("Password")
    credential = ParsedField("Passkey", str, kind="hidden")


def _one_of(raw: str, words: Container[str]) -> str:
    if raw not in words:
        raise values.Refused("Choose one from the list.")
    return raw
