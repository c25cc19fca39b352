"""Sealed values: AES-256-GCM bound to the table, column and row in which they are stored.

Stored text: ``e1.<kid>.<base64url(nonce | ciphertext | tag)>``. The associated data is the
length-prefixed list of format, key id, logical table, logical column and row id, so a value
copied elsewhere does not decrypt. Plaintext is padded to a multiple of 32 bytes (ISO/IEC 7816-4)
to hide its length. There is no fallback to plaintext.
"""

import base64
import binascii
import os
import re
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from webui.crypto.keyring import BadFormat, KeyRing, Tampered, join

FORMAT = "e1"
_NONCE_BYTES = 12
_TAG_BYTES = 16
_STEP = 32
_TO_BASE64 = bytes.maketrans(b"-_", b"+/")
_TOKEN = re.compile(r"e1\.([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]+)")


def seal(ring: KeyRing, plaintext: str, table: str, column: str, row: str) -> str:
    """Encrypts with the ring's primary key and returns the stored text."""
    kid = ring.primary
    nonce = os.urandom(_NONCE_BYTES)
    cipher = _cipher(ring.subkey(kid, "seal", table, column))
    aad = _place(kid, table, column) + join(row)
    sealed = nonce + cipher.encrypt(nonce, _pad(plaintext.encode()), aad)
    return f"{FORMAT}.{kid}.{base64.urlsafe_b64encode(sealed).rstrip(b'=').decode()}"


def unseal(ring: KeyRing, token: str, table: str, column: str, row: str) -> str:
    """Decrypts a stored text and returns the plaintext.

    Raises BadFormat when it is not a sealed value, KeyMissing when the ring lacks its key,
    Tampered when it was changed or belongs to another table, column or row.
    """
    kid, raw = _split(token, column)
    cipher = _cipher(ring.subkey(kid, "seal", table, column))
    aad = _place(kid, table, column) + join(row)
    try:
        padded = cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], aad)
    except InvalidTag:
        raise Tampered(f"{table}.{column} does not decrypt with key {kid}") from None
    try:
        return _unpad(padded, column).decode()
    except UnicodeDecodeError:
        raise BadFormat(f"{column} does not hold text") from None


def key_id(token: str) -> str:
    """Returns the key id in a stored text. Raises BadFormat."""
    return _split(token, "value")[0]


def _split(token: str, column: str) -> tuple[str, bytes]:
    match = _TOKEN.fullmatch(token)
    if not match:
        raise BadFormat(f"{column} does not hold a sealed value")
    kid, text = match.groups()
    plain = text.encode().translate(_TO_BASE64) + b"=" * (-len(text) % 4)
    try:
        raw = binascii.a2b_base64(plain)
    except ValueError:
        raise BadFormat(f"{column} does not hold a sealed value") from None
    # Only the exact base64 that `seal` writes is accepted: no stray bits, no lenient padding.
    canonical = binascii.b2a_base64(raw, newline=False) == plain
    if not canonical or len(raw) < _NONCE_BYTES + _STEP + _TAG_BYTES:
        raise BadFormat(f"{column} does not hold a sealed value")
    return kid, raw


def _pad(raw: bytes) -> bytes:
    marked = raw + b"\x80"
    return marked + b"\x00" * (-len(marked) % _STEP)


def _unpad(padded: bytes, column: str) -> bytes:
    raw, mark, zeros = padded.rpartition(b"\x80")
    if not mark or len(padded) % _STEP or zeros.strip(b"\x00"):
        raise BadFormat(f"{column} is not padded as expected")
    return raw


@lru_cache(maxsize=256)
def _place(kid: str, table: str, column: str) -> bytes:
    """Returns the associated data up to the row id, which many values share."""
    return join(FORMAT, kid, table, column)


@lru_cache(maxsize=256)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)
