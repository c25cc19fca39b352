"""What a password may be: the one rule for sign-up, invitations, resets, changes and commands.

Long enough, hard to guess, not known to everybody, and for who works here without the words that
a guesser starts from; nothing about kinds of characters (NIST SP 800-63B 5.1.1.2; ASVS 5.0,
6.1.2, 6.2.1, 6.2.4, 6.2.11).
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

# The 3,000 commonest of at least eight characters, in the order of leaked collections (the
# list that Django ships, by Royce Williams). Shorter ones are refused by their length.
_COMMON_FILE = Path(__file__).with_name("common_passwords.txt")
_PRODUCT = "tenant console"
# Shorter words stand in too many others: "ann" in "planning".
_WORD = re.compile(r"[^\W\d_]{4,}")
# Tries at sign-in are slowed down, so these are for who has stolen the hashes. 10^8 is what
# zxcvbn gives eight letters without any pattern: the least that still lets a phone user take
# eight characters, or two rare words. Who works here reaches every customer: a hundred times
# more, which is zxcvbn's highest grade and what three words have.
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
    """Whose password it is to be; ``organisation``: the name of an owner's tenant."""

    role: str
    username: str
    email: str
    organisation: str | None = None

    @classmethod
    def of(cls, user: User) -> "Holder":
        """The holder of an account."""
        organisation = user.tenant.name if user.tenant else None
        return cls(user.role, user.username, user.email, organisation)

    def names(self) -> set[str]:
        """What the account is called, in lower case."""
        return {self.username.casefold(), self.email.casefold()}

    def words(self) -> set[str]:
        """What a guesser starts from, in lower case; of an e-mail address without its ending."""
        known = (_PRODUCT, self.username, self.email.rpartition(".")[0], self.organisation or "")
        return {word for text in known for word in _WORD.findall(text.casefold())}


def limits_for(role: str) -> Text:
    """How long a password of a role may be."""
    return PASSWORD if role == Role.OWNER else STAFF_PASSWORD


def check_password_rule(password: str, holder: Holder) -> None:
    """Raises values.Refused with a sentence for the person who typed it.

    Judged in the form that is hashed; never trimmed or cut.
    """
    limits = limits_for(holder.role)
    judged = prepared(password)
    if not limits.minimum <= len(judged) <= limits.maximum:
        raise Refused(f"Use {limits.minimum} to {limits.maximum} characters.")
    if not re.fullmatch(r"[^\ud800-\udfff]+", judged):
        raise Refused(NO_TEXT)
    folded = judged.casefold()
    if folded in _common():
        raise Refused(COMMON)
    if folded in holder.names():
        raise Refused(OWN_NAME)
    if holder.role != Role.OWNER and any(word in folded for word in holder.words()):
        raise Refused(OWN_WORDS)
    guesses = OWNER_GUESSES if holder.role == Role.OWNER else STAFF_GUESSES
    if why := weakness(judged, sorted(holder.names() | holder.words()), guesses):
        raise Refused(WEAK.format(why))


@cache
def _common() -> frozenset[str]:
    return frozenset(_COMMON_FILE.read_text("utf-8").split())
