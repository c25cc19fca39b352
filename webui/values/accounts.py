"""What an account is called, and where it gets mail."""

import re

from webui.core.limits import EMAIL, USERNAME
from webui.values.text import USERNAME as USERNAME_PATTERN
from webui.values.text import Refused, text

# Mail servers decide what an address is; this only catches what is surely none.
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def username(raw: str) -> str:
    """A username; letters are A to Z in either case, because it is typed on any keyboard."""
    value = text(raw, USERNAME)
    if not USERNAME_PATTERN.fullmatch(value):
        raise Refused("Use letters (A-Z), digits, dots, dashes and underscores only.")
    return value


def email(raw: str) -> str:
    """An e-mail address, as it was typed."""
    if not raw.strip():
        raise Refused("Enter an e-mail address.")
    # Before the length: of "x" nobody wants to know that three characters are needed.
    value = text(raw, EMAIL) if "@" in raw else ""
    if not _EMAIL.fullmatch(value):
        raise Refused("This is no e-mail address. It looks like name@example.com.")
    return value
