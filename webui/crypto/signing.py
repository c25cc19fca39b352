"""Ed25519 signatures (RFC 8032) of checkpoints and export manifests.

Keys and signatures are base64 text; a private key is the 32-byte seed.
"""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class BadKey(Exception):
    """The text is not the base64 of a 32-byte key; the message never repeats the text."""


def sign(seed: str, message: bytes) -> str:
    """Returns the signature of a message (base64). Raises BadKey."""
    return base64.b64encode(_private(seed).sign(message)).decode()


def public_key(seed: str) -> str:
    """Returns the public key of a seed (both base64). Raises BadKey."""
    raw = _private(seed).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.b64encode(raw).decode()


def is_signed(public: str, message: bytes, signature: object) -> bool:
    """Whether the signature of the message is valid. Raises BadKey for an unusable key."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
    except (binascii.Error, ValueError):
        raise BadKey("a public key is the base64 of 32 bytes") from None
    try:
        key.verify(base64.b64decode(str(signature), validate=True), message)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _private(seed: str) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(base64.b64decode(seed, validate=True))
    except (binascii.Error, ValueError):
        raise BadKey("WEBUI_AUDIT_KEY must be the base64 of 32 bytes") from None
