"""What the crypto package says when it refuses: operators act on these words; and its edges."""

import base64
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from webui.crypto import fields, keyfile, signing, totp
from webui.crypto.keyring import BadFormat, BadKeyRing, KeyRing, Tampered, join
from webui.history.record import chain

KEY = bytes(range(32))
RING = KeyRing("k1", {"k1": KEY})
PLACE = ("tenants", "sip_domain", "row-1")


def said(error, call, *arguments):
    """The words of the error that a call raises."""
    with pytest.raises(error) as caught:
        call(*arguments)
    return str(caught.value)


def sealed_as(inside):
    """A token around bytes that the product would never seal."""
    cipher = AESGCM(RING.subkey("k1", "seal", *PLACE[:2]))
    raw = bytes(12) + cipher.encrypt(bytes(12), inside, join("e1", "k1", *PLACE))
    return "e1.k1." + base64.urlsafe_b64encode(raw).decode().rstrip("=")


class TestFields:
    @pytest.mark.parametrize("token", ["plain", "e1.k1.A", "e1.k1." + "A" * 40, "e1.k1.AAAA="])
    def test_name_the_column_of_what_is_no_sealed_value(self, token):
        words = said(BadFormat, fields.unseal, RING, token, *PLACE)
        assert words == "sip_domain does not hold a sealed value"
        assert said(BadFormat, fields.key_id, token) == "value does not hold a sealed value"

    def test_name_place_and_key_of_what_was_changed(self):
        token = "e1.k1." + "A" * 80
        words = said(Tampered, fields.unseal, RING, token, *PLACE)
        assert words == "tenants.sip_domain does not decrypt with key k1"

    @pytest.mark.parametrize("inside", [b"\x80" + b"X" * 31, b"\x80X".ljust(32, b"\0"), bytes(32)])
    def test_name_the_column_of_other_padding(self, inside):
        words = said(BadFormat, fields.unseal, RING, sealed_as(inside), *PLACE)
        assert words == "sip_domain is not padded as expected"

    def test_name_the_column_of_what_is_no_text(self):
        token = sealed_as(b"\xff\x80".ljust(32, b"\0"))
        words = said(BadFormat, fields.unseal, RING, token, *PLACE)
        assert words == "sip_domain does not hold text"


class TestKeyRing:
    @pytest.mark.parametrize(
        ("primary", "keys", "words"),
        [
            ("k2", {"k1": KEY}, "the primary key is not in the ring"),
            ("k.1", {"k.1": KEY}, "a key id may hold letters, digits, - and _ only"),
            ("k1", {"k1": KEY[:31]}, "a key must be 32 bytes"),
        ],
    )
    def test_says_what_is_wrong(self, primary, keys, words):
        assert said(BadKeyRing, KeyRing, primary, keys) == words

    @pytest.mark.parametrize("text", ["{", "[]", '{"primary": "k1"}'])
    def test_says_what_is_no_ring(self, text):
        words = said(BadKeyRing, KeyRing.from_json, text)
        assert words == "the key ring is not the expected JSON"
        more = json.dumps({"primary": "k1", "keys": {}, "more": 1})
        assert said(BadKeyRing, KeyRing.from_json, more) == words

    def test_says_which_file_is_meant(self, tmp_path):
        words = said(BadKeyRing, keyfile.read_ring, tmp_path / "absent")
        assert words == "the key file cannot be read"


class TestSigning:
    seed = base64.b64encode(KEY).decode()
    public = signing.public_key(seed)
    signature = signing.sign(seed, b"text")

    @pytest.mark.parametrize("bad", ["", "no base64!", base64.b64encode(KEY[:31]).decode()])
    def test_says_what_is_no_key(self, bad):
        words = "WEBUI_AUDIT_KEY must be the base64 of 32 bytes"
        assert said(signing.BadKey, signing.sign, bad, b"") == words
        words = "a public key is the base64 of 32 bytes"
        assert said(signing.BadKey, signing.is_signed, bad, b"", "") == words

    def test_takes_keys_and_signatures_in_one_spelling(self):
        assert signing.is_signed(self.public, b"text", self.signature)
        loose = f"{self.signature[:8]}\n{self.signature[8:]}"
        assert not signing.is_signed(self.public, b"text", loose)
        for call in (
            lambda: signing.is_signed(f"\n{self.public}", b"text", self.signature),
            lambda: signing.sign(f"{self.seed}\n", b"text"),
        ):
            with pytest.raises(signing.BadKey):
                call()

    @pytest.mark.parametrize("signature", [None, 5, "", "!", {}])
    def test_knows_what_is_no_signature(self, signature):
        assert not signing.is_signed(self.public, b"text", signature)


class TestTotp:
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    at = datetime(2026, 11, 23, 12, 0, 15, tzinfo=UTC)

    def test_new_secrets_are_160_bits_in_base32_and_fresh(self):
        assert {len(base64.b32decode(totp.new_secret())) for _ in range(3)} == {20}
        assert totp.new_secret() != totp.new_secret()

    def test_a_step_is_30_seconds(self):
        step = totp.current_step(self.at)
        assert step == int(self.at.timestamp()) // 30
        assert totp.current_step(self.at + timedelta(seconds=14)) == step
        assert totp.current_step(self.at + timedelta(seconds=15)) == step + 1

    def test_takes_one_step_early_or_late_and_no_more(self):
        now = totp.current_step(self.at)
        near = {
            s: totp.step_of(self.secret, totp.code_at(self.secret, now + s), self.at)
            for s in range(-3, 4)
        }
        assert near == {-3: None, -2: None, -1: now - 1, 0: now, 1: now + 1, 2: None, 3: None}

    def test_takes_no_code_twice_nor_an_older_one(self):
        now = totp.current_step(self.at)
        codes = {s: totp.code_at(self.secret, now + s) for s in (-1, 0, 1)}
        assert [totp.step_of(self.secret, c, self.at, now) for c in codes.values()] == [
            *(None, None, now + 1)
        ]
        assert totp.step_of(self.secret, codes[0], self.at, now - 1) == now
        assert totp.step_of(self.secret, codes[-1], self.at, now - 1) is None

    @pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef"])
    def test_takes_nothing_else(self, code):
        assert totp.step_of(self.secret, code, self.at) is None

    def test_the_first_steps_of_time_count(self):
        start = datetime(1970, 1, 1, tzinfo=UTC)
        assert totp.step_of(self.secret, totp.code_at(self.secret, 0), start) == 0

    def test_the_address_for_apps_names_account_and_issuer(self):
        uri = totp.uri(self.secret, "mira+chen", "Tenant Console")
        assert uri.startswith("otpauth://totp/Tenant%20Console:mira%2Bchen?")
        assert f"secret={self.secret}" in uri
        assert "&issuer=Tenant%20Console&" in uri


class TestChain:
    def test_says_that_floats_have_no_place(self):
        for body in (1.5, {"a": [1, (2.0,)]}, [{"b": 0.0}]):
            assert said(ValueError, chain.canonical, body) == "an entry must not contain floats"

    def test_times_are_in_utc_whatever_their_zone(self):
        at = datetime(2026, 11, 23, 14, 52, 7, 123, timezone(timedelta(hours=2)))
        assert chain.timestamp(at) == "2026-11-23T12:52:07.000123Z"
