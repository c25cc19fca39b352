"""The text of API tokens: a prefix, 178 random bits, and a checksum.

``tc_`` + 30 random characters + 6 characters of a CRC-32 over prefix and random part, in base 62.
Secret scanners recognise the form without asking anybody, as they do GitHub's tokens, and a
mistyped or cut token is refused without a query.
"""

import re
import secrets
import string
import zlib

PREFIX = "tc_"
_ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM_LENGTH = 30
_CHECKSUM_LENGTH = 6
LENGTH = len(PREFIX) + _RANDOM_LENGTH + _CHECKSUM_LENGTH
FORM = re.compile(rf"{PREFIX}[0-9A-Za-z]{{{_RANDOM_LENGTH + _CHECKSUM_LENGTH}}}")
"""Matches every token, and texts that differ from one only in the checksum."""


def new_token() -> str:
    """Returns a new random token."""
    random = "".join(secrets.choice(_ALPHABET) for _ in range(_RANDOM_LENGTH))
    return f"{PREFIX}{random}{_checksum(PREFIX + random)}"


def is_wellformed(token: str) -> bool:
    """Whether the text is a token by its form and checksum; it may still be nobody's."""
    body, checksum = token[:-_CHECKSUM_LENGTH], token[-_CHECKSUM_LENGTH:]
    return FORM.fullmatch(token) is not None and _checksum(body) == checksum


def _checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
