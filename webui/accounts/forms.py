"""Fields of forms about accounts: passwords, old and new, and codes."""

from typing import Any

from wtforms.validators import ValidationError

from webui import values
from webui.accounts import password_rule
from webui.core.limits import PASSWORD
from webui.web.posted.forms import ParsedField

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
