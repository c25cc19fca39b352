"""Signing in, and what people change of their own account."""

from collections.abc import Callable, Container
from typing import Any

from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import ValidationError

from webui import values
from webui.accounts import password_rule
from webui.accounts.factors.confirmation import Given
from webui.accounts.factors.factors import Factors
from webui.accounts.factors.passkeys import Answer
from webui.core.limits import PASSKEY_NAME, PASSWORD, THEMES, USERNAME
from webui.web.posted.forms import BaseForm, ParsedField, PostedForm, text_field

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
        password_rule.check_password_rule(field.value, holder)
    except values.Refused as refusal:
        raise ValidationError(str(refusal)) from None


class PasswordForm(BaseForm):
    """The current password and a new one; the rule is judged by the operation."""

    current_password = password_again("Current password")
    password = new_password_field("New password")

    def __init__(self, role: str, **options: Any) -> None:
        super().__init__(**options)
        explain_password(self.password, role)


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
        code.label.text = "Code" if app else "Recovery code"
        ways = "From your authenticator app, or one of your recovery codes." if app else ""
        by_passkey = "Leave it empty to use a passkey instead: your browser asks for it."
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


def _one_of(raw: str, words: Container[str]) -> str:
    if raw not in words:
        raise values.Refused("Choose one from the list.")
    return raw
