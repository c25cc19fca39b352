"""The key ring: root keys by key id (kid), and the subkeys derived from them.

HKDF-SHA256 (RFC 5869) derives one subkey per root key, purpose, table and column, so that no
two uses share a key.
"""

import base64
import binascii
import json
import re
import secrets
from collections.abc import Mapping
from functools import lru_cache

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_KID = re.compile(r"[A-Za-z0-9_-]{1,32}")


class SecretError(Exception):
    """A stored value cannot be read. Messages name key ids and columns, never values."""


class KeyMissing(SecretError):
    """The key ring does not contain the key id that the value names."""


class Tampered(SecretError):
    """The value was changed, moved to another place, or encrypted with another key."""


class BadFormat(SecretError):
    """The stored text is not a sealed value at all."""


class BadKeyRing(Exception):
    """The key ring's JSON is unusable; the message never repeats the JSON."""


def join(*parts: str) -> bytes:
    """Joins the parts, each after its length (4 bytes, big endian), so no two lists are equal."""
    raw = [part.encode() for part in parts]
    # A list takes two thirds of the time of a generator.
    return b"".join([len(part).to_bytes(4, "big") + part for part in raw])


class KeyRing:
    """Root keys by id. New values use ``primary``; stored values name the key they need."""

    def __init__(self, primary: str, keys: Mapping[str, bytes]) -> None:
        """Raises BadKeyRing unless all ids are plain, all keys 32 bytes and primary is present."""
        if not keys or primary not in keys:
            raise BadKeyRing("the primary key is not in the ring")
        if not all(_KID.fullmatch(kid) for kid in keys):
            raise BadKeyRing("a key id may hold letters, digits, - and _ only")
        if any(len(key) != KEY_BYTES for key in keys.values()):
            raise BadKeyRing(f"a key must be {KEY_BYTES} bytes")
        self.primary = primary
        self._keys = dict(keys)
        self.subkey = lru_cache(maxsize=256)(self._derive)

    def __repr__(self) -> str:
        return f"<KeyRing {', '.join(self.ids)}; primary {self.primary}>"

    @property
    def ids(self) -> list[str]:
        """The key ids, sorted."""
        return sorted(self._keys)

    def only(self, kid: str) -> "KeyRing":
        """Returns a ring with only this key, as its primary. Raises KeyMissing."""
        if kid not in self._keys:
            raise KeyMissing(f"key {kid} is not in the key ring")
        return KeyRing(kid, {kid: self._keys[kid]})

    def with_key(self, kid: str) -> "KeyRing":
        """Returns this ring with a new random key, not yet primary. Raises BadKeyRing."""
        if kid in self._keys:
            raise BadKeyRing(f"key {kid} is in the ring already")
        return KeyRing(self.primary, {**self._keys, kid: secrets.token_bytes(KEY_BYTES)})

    def with_primary(self, kid: str) -> "KeyRing":
        """Returns this ring with another of its keys as primary. Raises KeyMissing."""
        if kid not in self._keys:
            raise KeyMissing(f"key {kid} is not in the key ring")
        return KeyRing(kid, self._keys)

    def without(self, kid: str) -> "KeyRing":
        """Returns this ring without a key. Raises BadKeyRing when it is the primary one."""
        return KeyRing(self.primary, {k: key for k, key in self._keys.items() if k != kid})

    def to_json(self) -> str:
        """Returns the JSON that :meth:`from_json` reads. Contains keys: for the key file only."""
        keys = {kid: base64.b64encode(self._keys[kid]).decode() for kid in self.ids}
        return json.dumps({"primary": self.primary, "keys": keys}, indent=2) + "\n"

    def _derive(self, kid: str, purpose: str, table: str, column: str) -> bytes:
        """Returns the subkey (32 bytes) of a purpose, table and column. Raises KeyMissing."""
        if kid not in self._keys:
            raise KeyMissing(f"key {kid} is not in the key ring")
        info = join("tenant-console", purpose, table, column)
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=info).derive(self._keys[kid])

    @classmethod
    def from_json(cls, text: str) -> "KeyRing":
        """Reads ``{"primary": "k1", "keys": {"k1": "<base64 of 32 bytes>"}}``.

        Raises BadKeyRing.
        """
        try:
            data = json.loads(text)
            keys = {kid: base64.b64decode(key, validate=True) for kid, key in data["keys"].items()}
            primary = data["primary"]
        except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
            raise BadKeyRing("the key ring is not the expected JSON") from None
        if not isinstance(primary, str) or set(data) != {"primary", "keys"}:
            raise BadKeyRing("the key ring is not the expected JSON")
        return cls(primary, keys)


def new_keyring_json(kid: str = "k1") -> str:
    """Returns the JSON of a ring with one new random key."""
    return KeyRing(kid, {kid: secrets.token_bytes(KEY_BYTES)}).to_json()
