"""A password that the console offers: made here, shown once, stored only when it is saved."""

import secrets
import string

LENGTH = 24
# Without what people confuse when they read it out: 0 O, 1 l I.
_LETTERS = "".join(sorted(set(string.ascii_letters + string.digits) - set("0O1lI")))


def generate_sip_password() -> str:
    """24 random letters and digits: about 140 bits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(LENGTH))
