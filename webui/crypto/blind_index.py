"""Blind index: exact search for a sealed value without decrypting anything.

HMAC-SHA256 of the normalised value under a subkey of its own, stored as ``b1.<kid>.<hex>``.
Never used for passwords: equal values have equal indexes.
"""

from webui.crypto.keyring import KeyRing
from webui.crypto.mac import hmac_sha256

FORMAT = "b1"


def index(ring: KeyRing, value: str, table: str, column: str, kid: str | None = None) -> str:
    """Returns the index of ``value`` under key ``kid``, by default the primary key.

    Raises KeyMissing.
    """
    kid = kid or ring.primary
    key = ring.subkey(kid, "index", table, column)
    digest = hmac_sha256(key, value.lower().encode()).hex()
    return f"{FORMAT}.{kid}.{digest}"


def candidates(ring: KeyRing, value: str, table: str, column: str) -> list[str]:
    """Returns the index under each key of the ring: a search needs all of them during rotation."""
    return [index(ring, value, table, column, kid) for kid in ring.ids]
