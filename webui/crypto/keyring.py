"""The key ring: root keys by id, and the subkeys derived from them.

One root key per key id; HKDF-SHA256 (RFC 5869) gives one subkey per purpose, table and
column, so that no two uses share a key.
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
    """The ring does not hold the key id that the value names."""


class Tampered(SecretError):
    """The value was changed, moved to another place, or made with another key."""


class BadFormat(SecretError):
    """The stored text is not a sealed value at all."""


class BadKeyRing(Exception):
    """The key ring's JSON is unusable; the message never repeats it."""


def join(*parts: str) -> bytes:
    """The parts, each with its length in front (4 bytes, big endian): no two lists collide."""
    raw = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in raw)


class KeyRing:
    """Root keys by id. New values use ``primary``; old ones are read with the key they name."""

    def __init__(self, primary: str, keys: Mapping[str, bytes]) -> None:
        """Raises BadKeyRing unless every id is plain, every key 32 bytes and primary there."""
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
        """A ring with this one key as its primary. Raises KeyMissing."""
        if kid not in self._keys:
            raise KeyMissing(f"key {kid} is not in the key ring")
        return KeyRing(kid, {kid: self._keys[kid]})

    def with_key(self, kid: str) -> "KeyRing":
        """This ring with a fresh random key that only decrypts. Raises BadKeyRing."""
        if kid in self._keys:
            raise BadKeyRing(f"key {kid} is in the ring already")
        return KeyRing(self.primary, {**self._keys, kid: secrets.token_bytes(KEY_BYTES)})

    def with_primary(self, kid: str) -> "KeyRing":
        """This ring with another of its keys for new values. Raises KeyMissing."""
        if kid not in self._keys:
            raise KeyMissing(f"key {kid} is not in the key ring")
        return KeyRing(kid, self._keys)

    def without(self, kid: str) -> "KeyRing":
        """This ring without a key. Raises BadKeyRing for the primary one."""
        return KeyRing(self.primary, {k: key for k, key in self._keys.items() if k != kid})

    def to_json(self) -> str:
        """The ring as :meth:`from_json` reads it. It holds the keys: for the key file only."""
        keys = {kid: base64.b64encode(self._keys[kid]).decode() for kid in self.ids}
        return json.dumps({"primary": self.primary, "keys": keys}, indent=2) + "\n"

    def _derive(self, kid: str, purpose: str, table: str, column: str) -> bytes:
        """32 bytes for one purpose, table and column. Raises KeyMissing."""
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
    """The JSON of a ring with one fresh random key."""
    return KeyRing(kid, {kid: secrets.token_bytes(KEY_BYTES)}).to_json()
