"""Known answers: what others computed with the same algorithms, through our own functions.

The vectors are those of the package `cryptography_vectors` (NIST CAVP, RFC 4231, 5869, 6238,
8032). Where our functions fix a parameter, a plain reference passes the vectors first and is
then compared with ours.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator

import cryptography_vectors
import pytest

from webui.crypto import blind_index, fields, signing, totp
from webui.crypto.keyring import KeyRing

KEY = bytes(range(32))
RING = KeyRing("k1", {"k1": KEY})


def vectors(path: str, between: str = r"\n\s*\n") -> Iterator[dict[str, str]]:
    """The blocks of `NAME = value` lines of a vector file; FAIL stands alone."""
    with cryptography_vectors.open_vector_file(path, "r") as file:
        for block in re.split(between, file.read()):
            lines = [line for line in block.splitlines() if not line.startswith(("#", "["))]
            pairs = [re.split(r"\s*[=:]\s*", line, maxsplit=1) for line in lines if line.strip()]
            found = {pair[0].strip().lower(): pair[-1].strip() for pair in pairs}
            if found:
                yield found


def prefixed(*parts: str) -> bytes:
    return b"".join(len(p.encode()).to_bytes(4, "big") + p.encode() for p in parts)


def hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869, from HMAC alone."""
    extracted = hmac.digest(salt or bytes(32), secret, "sha256")
    made, block = b"", b""
    for number in range(1, -(-length // 32) + 1):
        block = hmac.digest(extracted, block + info + bytes([number]), "sha256")
        made += block
    return made[:length]


class TestAesGcm:
    def blocks(self, name):
        wanted = [
            v
            for v in vectors(f"ciphers/AES/GCM/{name}")
            if len(v.get("key", "")) == 64 and len(v["iv"]) == 24 and len(v["tag"]) == 32
        ]
        assert len(wanted) > 300
        return wanted[::5]

    def test_encrypts_as_nist_does(self):
        for v in self.blocks("gcmEncryptExtIV256.rsp"):
            key, nonce, text, aad = (bytes.fromhex(v[n]) for n in ("key", "iv", "pt", "aad"))
            made = fields._cipher(key).encrypt(nonce, text, aad)
            assert made.hex() == v["ct"] + v["tag"]

    def test_decrypts_what_nist_sealed_and_refuses_the_rest(self):
        refused = 0
        for v in self.blocks("gcmDecrypt256.rsp"):
            key, nonce, text, aad, tag = (
                bytes.fromhex(v[n]) for n in ("key", "iv", "ct", "aad", "tag")
            )
            if "fail" in v:
                refused += 1
                with pytest.raises(fields.InvalidTag):
                    fields._cipher(key).decrypt(nonce, text + tag, aad)
            else:
                assert fields._cipher(key).decrypt(nonce, text + tag, aad).hex() == v["pt"]
        assert refused > 20


class TestHkdf:
    def test_reference_passes_the_vectors(self):
        blocks = [v for v in vectors("KDF/rfc-5869-HKDF-SHA256.txt", "COUNT") if "okm" in v]
        assert len(blocks) == 3
        for v in blocks:
            secret, salt, info = (bytes.fromhex(v.get(n, "")) for n in ("ikm", "salt", "info"))
            assert hkdf(secret, salt, info, int(v["l"])).hex() == v["okm"]

    def test_subkeys_are_those_of_the_reference(self):
        for use in (("seal", "tenants", "sip_domain"), ("index", "t", ""), ("ü", "", "c")):
            expected = hkdf(KEY, b"", prefixed("tenant-console", *use), 32)
            assert RING.subkey("k1", *use) == expected


class TestHmac:
    def test_reference_passes_the_vectors(self):
        blocks = [v for v in vectors("HMAC/rfc-4231-sha256.txt") if "md" in v]
        assert len(blocks) >= 6
        for v in blocks:
            made = hmac.digest(bytes.fromhex(v["key"]), bytes.fromhex(v["msg"]), "sha256").hex()
            assert made[: len(v["md"])] == v["md"]

    def test_blind_index_is_that_of_the_reference(self):
        key = hkdf(KEY, b"", prefixed("tenant-console", "index", "tenants", "sip_username"), 32)
        expected = hmac.new(key, b"trunk-7", hashlib.sha256).hexdigest()
        made = blind_index.index(RING, "TRUNK-7", "tenants", "sip_username")
        assert made == f"b1.k1.{expected}"


class TestTotp:
    def test_codes_are_those_of_the_rfc(self):
        blocks = [v for v in vectors("twofactor/rfc-6238.txt") if v.get("mode") == "SHA1"]
        assert len(blocks) == 6
        for v in blocks:
            secret = base64.b32encode(v["secret"].encode()).decode()
            assert totp.code_at(secret, int(v["time"]) // 30) == v["totp"][-6:]


class TestEd25519:
    def test_signs_as_the_reference_does(self):
        with cryptography_vectors.open_vector_file("asymmetric/Ed25519/sign.input", "r") as file:
            lines = file.read().splitlines()[::40]
        assert len(lines) > 20
        for line in lines:
            private, public, message, signed, _ = line.split(":")
            seed = base64.b64encode(bytes.fromhex(private)[:32]).decode()
            told = base64.b64encode(bytes.fromhex(public)).decode()
            text = bytes.fromhex(message)
            signature = base64.b64encode(bytes.fromhex(signed)[:64]).decode()
            assert signing.public_key(seed) == told
            assert signing.sign(seed, text) == signature
            assert signing.is_signed(told, text, signature)
            assert not signing.is_signed(told, text + b"x", signature)
