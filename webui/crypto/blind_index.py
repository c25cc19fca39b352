"""Blind index: exact search for a sealed value without decrypting anything.

HMAC-SHA256 under its own subkey over the normalised value, stored as ``b1.<kid>.<hex>``.
Never used for passwords: equal values give equal indexes.
"""

import hmac

from webui.crypto.keyring import KeyRing

FORMAT = "b1"


def index(ring: KeyRing, value: str, table: str, column: str, kid: str | None = None) -> str:
    """The index of ``value`` under key ``kid`` (the primary one by default).

    Raises KeyMissing.
    """
    kid = kid or ring.primary
    key = ring.subkey(kid, "index", table, column)
    digest = hmac.digest(key, value.lower().encode(), "sha256").hex()
    return f"{FORMAT}.{kid}.{digest}"


def candidates(ring: KeyRing, value: str, table: str, column: str) -> list[str]:
    """The indexes under every key of the ring: what a search must look for during rotation."""
    return [index(ring, value, table, column, kid) for kid in ring.ids]
