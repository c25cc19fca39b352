"""Row seals: MACs of a row's values, against changes by someone with database access but no key.

HMAC-SHA256 (RFC 2104, cut to 128 bits as its section 5 allows) under a subkey of its own. The
message is the length-prefixed list of format, key id, table and facts: unique for each row.
Stored text: ``s1.<kid>.<base64url of a mac>``, with a further ``.<mac>`` for each further part.
"""

import base64
import hmac
from collections.abc import Iterable, Sequence

from webui.crypto.keyring import KeyRing, SecretError, join
from webui.crypto.mac import hmac_sha256

FORMAT = "s1"
NO_MAC = "-"
"""In place of the mac of a part that is not vouched for; never equal to a real mac."""
_MAC_BYTES = 16


class SealBroken(SecretError):
    """A row does not match its seal: it was changed, copied or rolled back outside the product."""


def mac(ring: KeyRing, kid: str, table: str, part: str, facts: Iterable[str | None]) -> str:
    """Returns the MAC of a part of a row. Raises KeyMissing."""
    return macs(ring, kid, table, facts, [(part, ())])[0]


def macs(
    ring: KeyRing,
    kid: str,
    table: str,
    facts: Iterable[str | None],
    parts: Iterable[tuple[str, Iterable[str | None]]],
) -> list[str]:
    """Returns the MAC of each part of a row: of ``facts``, followed by the part's own facts.

    Raises KeyMissing.
    """
    begin = join(FORMAT, kid, table, *_texts(facts))
    return [
        _mac(ring.subkey(kid, "row-seal", table, part), begin + join(*_texts(own)))
        for part, own in parts
    ]


def _texts(facts: Iterable[str | None]) -> list[str]:
    # None differs from an empty text.
    return ["-" if fact is None else f"={fact}" for fact in facts]


def _mac(key: bytes, message: bytes) -> str:
    digest = hmac_sha256(key, message)[:_MAC_BYTES]
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def same_seal(one: str, other: str) -> bool:
    """Whether two MACs are equal, compared in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


def written(kid: str, macs: Sequence[str]) -> str:
    """Returns the stored text of a seal."""
    return ".".join((FORMAT, kid, *macs))


def read_seal(seal: str | None, parts: int) -> tuple[str, list[str]] | None:
    """Returns key id and MACs of a stored text; None unless it is a seal with ``parts`` MACs."""
    form, *rest = (seal or "").split(".")
    if form != FORMAT or len(rest) != parts + 1:
        return None
    return rest[0], rest[1:]


def seal_key_id(seal: str) -> str:
    """Returns the key id in a stored text of :func:`written`."""
    return seal.split(".")[1]
