"""Usernames and e-mail addresses of accounts."""

import re

from webui.core.field_types import Text
from webui.core.limits import EMAIL, USERNAME
from webui.values.search_keys import plain_signs
from webui.values.text import USERNAME as USERNAME_PATTERN
from webui.values.text import Refused, clean_text, names_hidden, text

# Only mail servers know which addresses are valid; this refuses what surely is not one.
_AT = "@＠﹫"
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@names_hidden
def username(raw: str) -> str:
    """Returns the username. Letters are A-Z and a-z only, which every keyboard can type."""
    value = _plain(raw, USERNAME)
    if not USERNAME_PATTERN.fullmatch(value):
        raise Refused("Use letters (A-Z), digits, dots, dashes and underscores only.")
    return value


@names_hidden
def email(raw: str) -> str:
    """Returns the trimmed e-mail address, its case as typed."""
    if not raw.strip():
        raise Refused("Enter an e-mail address.")
    # The form is checked before the length: for "x", "three characters needed" does not help.
    value = _plain(raw, EMAIL) if any(at in raw for at in _AT) else ""
    if not _EMAIL.fullmatch(value):
        raise Refused("This is not a valid e-mail address. Example: name@example.com.")
    return value


def _plain(raw: str, field: Text) -> str:
    """Returns the text with the characters of a plain keyboard, as people ask for it."""
    return text(plain_signs(clean_text(raw, field.maximum)), field)
