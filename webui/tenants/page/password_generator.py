"""Generation of SIP passwords: shown once, stored only when the form is saved."""

import secrets
import string

LENGTH = 24
# Without characters that people confuse when they read a password aloud: 0 O, 1 l I.
_LETTERS = "".join(sorted(set(string.ascii_letters + string.digits) - set("0O1lI")))


def generate_sip_password() -> str:
    """Returns 24 random letters and digits, about 140 bits of entropy."""
    return "".join(secrets.choice(_LETTERS) for _ in range(LENGTH))
