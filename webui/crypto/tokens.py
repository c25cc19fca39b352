"""Keyed hashes of tokens, and keyed seals of the rows that tokens give access to.

Both are HMAC-SHA256 under subkeys that HKDF-SHA256 (RFC 5869) derives from WEBUI_SECRET_KEY, one
for each purpose. An attacker who can write to the database but does not know the key can neither
add a row for a token of their own nor change what an existing row gives access to.
"""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from webui.crypto.keyring import KEY_BYTES, join


def token_hash(secret: str, kind: str, token: str) -> str:
    """Returns the hash that the database stores for a token of ``kind`` ("session", "link"), hex.

    The token is random with 80 bits or more, so it needs no salt.
    """
    return rehash(secret, kind, hashlib.sha256(token.encode()).hexdigest())


def rehash(secret: str, kind: str, sha256: str) -> str:
    """Returns the keyed hash of a token of which only the SHA-256 (hex) is known."""
    return _hmac(secret, f"token {kind}", sha256.encode())


def seal_token(secret: str, table: str, facts: Iterable[object]) -> str:
    """Returns the seal of a row (hex); valid only for these values, this order and this table."""
    return _hmac(secret, f"row {table}", join(*map(_text, facts)))


def fits(expected: str, given: str) -> bool:
    """Whether two seals or hashes are equal, compared in constant time."""
    return hmac.compare_digest(expected.encode(), given.encode())


def _text(fact: object) -> str:
    """Returns the same text for a value on both databases; None differs from every text."""
    if fact is None:
        return "-"
    if isinstance(fact, datetime):
        fact = fact.astimezone(UTC).isoformat(timespec="microseconds")
    return f"={fact}"


def _hmac(secret: str, purpose: str, message: bytes) -> str:
    return hmac.digest(_subkey(secret, purpose), message, "sha256").hex()


@lru_cache(maxsize=64)
def _subkey(secret: str, purpose: str) -> bytes:
    info = join("tenant-console", purpose)
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(secret.encode())
