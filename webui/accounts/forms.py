"""Signing in, and what people change of their own account."""

from collections.abc import Container

from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField

from webui import values
from webui.forms import BaseForm, ParsedField
from webui.limits import PASSWORD, THEMES, USERNAME


class LoginForm(FlaskForm):
    """Username and password; ``next`` is where to go afterwards."""

    username = StringField(
        USERNAME.label,
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField("Password", render_kw={"autocomplete": "current-password"})
    next = HiddenField()


class PreferencesForm(BaseForm):
    """How the console looks to one person."""

    time_zone = ParsedField("Time zone", values.time_zone, kind="zone")
    theme = ParsedField("Theme", lambda raw: _one_of(raw, THEMES), kind="theme")


class PasswordForm(BaseForm):
    """The current password and a new one; the rule is judged by the operation."""

    # No maxlength: a browser would cut a pasted password without a word.
    current_password = ParsedField(
        "Current password",
        str,
        kind="secret",
        render_kw={"autocomplete": "current-password", "required": True},
    )
    password = ParsedField(
        "New password",
        str,
        kind="secret",
        description=f"{PASSWORD.minimum} to {PASSWORD.maximum} characters. A few unrelated words "
        "are easy to remember and hard to guess.",
        render_kw={"autocomplete": "new-password", "minlength": PASSWORD.minimum, "required": True},
    )


def _one_of(raw: str, words: Container[str]) -> str:
    if raw not in words:
        raise values.Refused("Choose one from the list.")
    return raw
