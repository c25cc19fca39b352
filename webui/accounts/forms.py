"""Fields of forms about accounts: passwords, old and new, and codes."""

from typing import Any

from wtforms.validators import ValidationError

from webui import values
from webui.accounts import password_rule
from webui.core.limits import PASSWORD
from webui.web.posted.forms import AS_TYPED, ParsedField

CODE_HINTS = {**AS_TYPED, "autocomplete": "one-time-code", "required": True}
"""Attributes of a field for a code from an app."""


def code_field(**options: Any) -> ParsedField:
    """Returns a field for a code, typed or pasted."""
    return ParsedField("Code", str, kind="code", render_kw=CODE_HINTS, **options)


def current_password_field(label: str) -> ParsedField:
    """Returns a field for the current password."""
    hints = {"autocomplete": "current-password", "required": True}
    return ParsedField(label, str, kind="secret", render_kw=hints)


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
