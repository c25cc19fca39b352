"""The password rule for sign-up, invitations, resets, changes and commands.

Long enough, hard to guess, not a common password, and for staff without words of the account; no
rule about kinds of characters (NIST SP 800-63B 5.1.1.2; ASVS 5.0, 6.1.2, 6.2.1, 6.2.4, 6.2.11).
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from webui.accounts.password_strength import weakness
from webui.accounts.passwords import prepared
from webui.core.field_types import Text
from webui.core.limits import PASSWORD, STAFF_PASSWORD
from webui.core.permissions import Role
from webui.models import User
from webui.values import Refused

# The 3,000 most common ones of at least eight characters, by frequency in leaked collections (the
# list that Django ships, by Royce Williams). Shorter ones are refused by their length.
_COMMON_FILE = Path(__file__).with_name("common_passwords.txt")
_PRODUCT = "tenant console"
# Shorter words are part of too many others: "ann" in "planning".
_WORD = re.compile(r"[^\W\d_]{4,}")
# Attempts at sign-in are throttled, so these limits are against an attacker with the stolen hashes.
# 10^8 is zxcvbn's estimate for eight letters without a pattern: the lowest limit that still allows
# eight characters, or two rare words, to a person on a phone. Staff can access every customer, so a
# hundred times more: zxcvbn's highest score, which three words reach.
OWNER_GUESSES = 10**8
STAFF_GUESSES = 10**10
COMMON = (
    "This password is one of the first that anybody would try. "
    "Choose another, such as a few unrelated words."
)
OWN_NAME = "This is the username or the e-mail address. Choose something else."
OWN_WORDS = (
    "Leave out words of the username, the e-mail address and this product. "
    "A few unrelated words are better."
)
WEAK = "This is too easy to guess: {}. Use a few unrelated words, or more characters."
NO_TEXT = "Use characters that can be typed on a keyboard."


@dataclass(frozen=True)
class Holder:
    """The account that a password is for; ``organisation`` is an owner's tenant name."""

    role: str
    username: str
    email: str
    organisation: str | None = None

    @classmethod
    def of(cls, user: User) -> "Holder":
        """Returns the holder of an account."""
        organisation = user.tenant.name if user.tenant else None
        return cls(user.role, user.username, user.email, organisation)

    def names(self) -> set[str]:
        """Returns username and e-mail address, in lower case."""
        return {self.username.casefold(), self.email.casefold()}

    def words(self) -> set[str]:
        """Returns the account's words in lower case; of an e-mail address without its
        last label.
        """
        known = (_PRODUCT, self.username, self.email.rpartition(".")[0], self.organisation or "")
        return {word for text in known for word in _WORD.findall(text.casefold())}


def limits_for(role: str) -> Text:
    """Returns the length limits of a role's password."""
    return PASSWORD if role == Role.OWNER else STAFF_PASSWORD


def check_password_rule(password: str, holder: Holder) -> None:
    """Raises values.Refused with a message for the person who typed the password.

    The password is checked in the form that is hashed, and never trimmed or cut.
    """
    limits = limits_for(holder.role)
    checked = prepared(password)
    if not limits.minimum <= len(checked) <= limits.maximum:
        raise Refused(f"Use {limits.minimum} to {limits.maximum} characters.")
    if not re.fullmatch(r"[^\ud800-\udfff]+", checked):
        raise Refused(NO_TEXT)
    folded = checked.casefold()
    if folded in _common():
        raise Refused(COMMON)
    if folded in holder.names():
        raise Refused(OWN_NAME)
    if holder.role != Role.OWNER and any(word in folded for word in holder.words()):
        raise Refused(OWN_WORDS)
    guesses = OWNER_GUESSES if holder.role == Role.OWNER else STAFF_GUESSES
    if why := weakness(checked, sorted(holder.names() | holder.words()), guesses):
        raise Refused(WEAK.format(why))


@cache
def _common() -> frozenset[str]:
    return frozenset(_COMMON_FILE.read_text("utf-8").split())
