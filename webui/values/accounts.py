"""Usernames and e-mail addresses of accounts."""

import re

from webui.core.limits import EMAIL, USERNAME
from webui.values.text import USERNAME as USERNAME_PATTERN
from webui.values.text import Refused, names_hidden, text

# Only mail servers know which addresses are valid; this refuses what surely is not one.
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def username(raw: str) -> str:
    """Returns the username. Letters are A-Z and a-z only, which every keyboard can type."""
    value = text(raw, USERNAME)
    if not USERNAME_PATTERN.fullmatch(value):
        raise Refused("Use letters (A-Z), digits, dots, dashes and underscores only.")
    return value


@names_hidden
def email(raw: str) -> str:
    """Returns the trimmed e-mail address, its case as typed."""
    if not raw.strip():
        raise Refused("Enter an e-mail address.")
    # The form is checked before the length: for "x", "three characters needed" does not help.
    value = text(raw, EMAIL) if "@" in raw else ""
    if not _EMAIL.fullmatch(value):
        raise Refused("This is no e-mail address. It looks like name@example.com.")
    return value
