"""Row seals: a keyed mark over what a row says, for who can write to the database without a key.

HMAC-SHA256 (RFC 2104, cut to 128 bits as its section 5 allows) under a subkey of its own. The
message is the length-prefixed list of format, key id, table and facts, so no two rows share one.
Stored text: ``s1.<kid>.<base64url of a mac>``, with a further ``.<mac>`` for each further part.
"""

import base64
import hmac
from collections.abc import Iterable, Sequence

from webui.crypto.keyring import KeyRing, SecretError, join

FORMAT = "s1"
NO_MAC = "-"
"""Instead of the mac of a part that nobody vouches for. It is no mac of anything."""
_MAC_BYTES = 16


class SealBroken(SecretError):
    """A row does not match its seal: it was changed, copied or rolled back around the product."""


def mac(ring: KeyRing, kid: str, table: str, part: str, facts: Iterable[str | None]) -> str:
    """The mark of a part of a row. Raises KeyMissing."""
    key = ring.subkey(kid, "row-seal", table, part)
    # A fact that is not there differs from an empty one.
    texts = ["-" if fact is None else f"={fact}" for fact in facts]
    digest = hmac.digest(key, join(FORMAT, kid, table, *texts), "sha256")[:_MAC_BYTES]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def same_seal(one: str, other: str) -> bool:
    """Whether two macs are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode(), other.encode())


def written(kid: str, macs: Sequence[str]) -> str:
    """The stored text of a seal."""
    return ".".join((FORMAT, kid, *macs))


def read_seal(seal: str | None, parts: int) -> tuple[str, list[str]] | None:
    """The key id and the macs of a stored text; None when it is no seal of so many parts."""
    form, *rest = (seal or "").split(".")
    if form != FORMAT or len(rest) != parts + 1:
        return None
    return rest[0], rest[1:]


def seal_key_id(seal: str) -> str:
    """The id of the key of a stored text that :func:`written` made."""
    return seal.split(".")[1]
