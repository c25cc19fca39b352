"""What a password may be: the one rule for sign-up, invitations, resets, changes and commands.

Long enough, not known to everybody, not the name it protects; nothing about its letters
(NIST SP 800-63B 5.1.1.2; ASVS 5.0, 6.2.1, 6.2.4, 6.2.11).
"""

from functools import cache
from pathlib import Path

from webui.limits import PASSWORD
from webui.values import Refused

# The 3,000 commonest of at least eight characters, in the order of leaked collections (the
# list that Django ships, by Royce Williams). Shorter ones are refused by their length.
_COMMON_FILE = Path(__file__).with_name("common_passwords.txt")
LENGTH = f"Use {PASSWORD.minimum} to {PASSWORD.maximum} characters."
COMMON = (
    "This password is one of the first that anybody would try. "
    "Choose another, such as a few unrelated words."
)
OWN_NAME = "This is the username or the e-mail address. Choose something else."


def check(password: str, *names: str | None) -> None:
    """Raises values.Refused with a sentence for the person who typed it.

    ``names`` are the account's username and e-mail. The password is taken as it is: never
    trimmed, cut or changed in any other way.
    """
    if not PASSWORD.minimum <= len(password) <= PASSWORD.maximum:
        raise Refused(LENGTH)
    folded = password.casefold()
    if folded in _common():
        raise Refused(COMMON)
    if folded in {name.casefold() for name in names if name}:
        raise Refused(OWN_NAME)


@cache
def _common() -> frozenset[str]:
    return frozenset(_COMMON_FILE.read_text("utf-8").split())
