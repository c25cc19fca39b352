"""A passkey in software (WebAuthn 2, 6.1 and 7.2), honest or not."""

import base64
import hashlib
import json
import secrets
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

ORIGIN, HOST = "http://localhost", "localhost"
PRESENT, VERIFIED, NEW = 0x01, 0x04, 0x40


def text(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class SoftKey:
    """One credential. `count` is what it says of its uses."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)
        self.handle = b""
        self.count = 0

    def made(self, options: dict[str, Any], **lies: Any) -> str:
        """The answer to the options of a registration."""
        padding = "=" * (-len(options["user"]["id"]) % 4)
        self.handle = base64.urlsafe_b64decode(options["user"]["id"] + padding)
        point = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (point.x, point.y))
        public = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        new = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        data = self._data(lies.get("flags", PRESENT | VERIFIED) | NEW) + new
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options, lies)
        return self._json({"clientDataJSON": client, "attestationObject": attestation})

    def used(self, options: dict[str, Any], **lies: Any) -> str:
        """The answer to the options of a sign-in."""
        self.count = lies.get("count", self.count + 1)
        data = self._data(lies.get("flags", PRESENT | VERIFIED))
        client = self._client("webauthn.get", options, lies)
        signed = data + hashlib.sha256(client).digest()
        signature = self.key.sign(signed, ec.ECDSA(SHA256()))
        handle = lies.get("handle", self.handle)
        return self._json(
            {
                "clientDataJSON": client,
                "authenticatorData": data,
                "signature": signature,
                "userHandle": handle,
            }
        )

    def _data(self, flags: int) -> bytes:
        return (
            hashlib.sha256(HOST.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")
        )

    def _client(self, kind: str, options: dict[str, Any], lies: dict[str, Any]) -> bytes:
        said = {
            "type": kind,
            "challenge": lies.get("challenge", options["challenge"]),
            "origin": lies.get("origin", ORIGIN),
        }
        return json.dumps(said).encode()

    def _json(self, response: dict[str, bytes]) -> str:
        credential = {
            "id": text(self.id),
            "rawId": text(self.id),
            "type": "public-key",
            "response": {name: text(value) for name, value in response.items()},
            "clientExtensionResults": {},
        }
        return json.dumps(credential)
