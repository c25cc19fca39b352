"""Encryption: DESIGN 5, and what no stored text may ever do."""

import base64
import hmac
import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from webui.crypto import blind_index, fields
from webui.crypto.keyring import (
    BadFormat,
    BadKeyRing,
    KeyMissing,
    KeyRing,
    SecretError,
    Tampered,
    join,
    new_keyring_json,
)

RING = KeyRing("k1", {"k1": bytes(range(32)), "k2": bytes(range(32, 64))})
OTHER = KeyRing("k1", {"k1": bytes(range(64, 96))})
PLACE = ("tenants", "sip_domain", "row-1")
# Made once with the key above. If this no longer opens, no stored value opens.
FROZEN = "e1.k1.AAECAwQFBgcICQoLNcnw4H_BylkQN0QdUMGmxHPCoRTpnCvholRvBkQJfzm6beOwFrA0uPRSAmYI_O4-"
texts = st.text()


def prefixed(*parts: str) -> bytes:
    return b"".join(len(p.encode()).to_bytes(4, "big") + p.encode() for p in parts)


def by_the_book(plaintext: bytes, nonce: bytes, kid: str, table: str, column: str, row: str) -> str:
    """The stored text as DESIGN 5 describes it, from primitives alone."""
    info = prefixed("tenant-console", "seal", table, column)
    key = HKDF(hashes.SHA256(), 32, salt=None, info=info).derive(bytes(range(32)))
    aad = prefixed("e1", kid, table, column, row)
    sealed = nonce + AESGCM(key).encrypt(nonce, plaintext, aad)
    return f"e1.{kid}." + base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def padded(plaintext: str) -> bytes:
    raw = plaintext.encode() + b"\x80"
    return raw + bytes(-len(raw) % 32)


class TestFormat:
    def test_a_frozen_text_still_opens(self):
        assert fields.unseal(RING, FROZEN, *PLACE) == "sip.example.com"

    def test_is_the_one_of_the_design(self):
        assert by_the_book(padded("sip.example.com"), bytes(range(12)), "k1", *PLACE) == FROZEN

    @given(texts, st.binary(min_size=12, max_size=12))
    def test_opens_what_the_design_seals(self, plaintext, nonce):
        token = by_the_book(padded(plaintext), nonce, "k1", *PLACE)
        assert fields.unseal(RING, token, *PLACE) == plaintext

    @pytest.mark.parametrize(
        "inside", [bytes(32), b"x" * 32, b"\x80".ljust(31, b"\0") + b"x", b"x" * 31]
    )
    def test_refuses_other_padding(self, inside):
        token = by_the_book(inside, bytes(12), "k1", *PLACE)
        with pytest.raises(BadFormat):
            fields.unseal(RING, token, *PLACE)

    def test_names_its_key(self):
        assert fields.key_id(FROZEN) == "k1"
        with pytest.raises(BadFormat):
            fields.key_id("plain")


class TestSeal:
    @given(texts)
    def test_round_trip(self, plaintext):
        assert fields.unseal(RING, fields.seal(RING, plaintext, *PLACE), *PLACE) == plaintext

    @given(texts, st.tuples(*[st.text(max_size=20)] * 3))
    def test_round_trip_anywhere(self, plaintext, place):
        assert fields.unseal(RING, fields.seal(RING, plaintext, *place), *place) == plaintext

    @given(st.text(min_size=4))
    def test_shows_neither_the_text_nor_its_base64(self, plaintext):
        token = fields.seal(RING, plaintext, *PLACE)
        raw = base64.urlsafe_b64decode(token.split(".")[2] + "==")
        assert plaintext.encode() not in raw
        assert base64.urlsafe_b64encode(plaintext.encode()).decode().rstrip("=") not in token

    def test_never_makes_the_same_text_twice(self):
        assert len({fields.seal(RING, "same", *PLACE) for _ in range(100)}) == 100

    def test_uses_the_primary_key(self):
        assert fields.key_id(fields.seal(RING, "x", *PLACE)) == "k1"

    @pytest.mark.parametrize("step", [0, 1, 2])
    def test_hides_the_length_in_steps_of_32_bytes(self, step):
        lengths = {
            len(fields.seal(RING, "x" * n, *PLACE)) for n in range(step * 32, step * 32 + 32)
        }
        assert len(lengths) == 1
        assert len(fields.seal(RING, "x" * (step * 32 + 32), *PLACE)) > max(lengths)


class TestUnseal:
    token = fields.seal(RING, "sip.example.com", *PLACE)

    @pytest.mark.parametrize(
        "place",
        [
            ("users", "sip_domain", "row-1"),
            ("tenants", "sip_username", "row-1"),
            ("tenants", "sip_domain", "row-2"),
            ("tenantssip_domain", "", "row-1"),
            ("tenants", "sip_domainrow-1", ""),
            ("tenants", "sip_domain", ""),
        ],
    )
    def test_refuses_another_place(self, place):
        with pytest.raises(Tampered):
            fields.unseal(RING, self.token, *place)

    def test_refuses_another_key_id(self):
        with pytest.raises(Tampered):
            fields.unseal(RING, self.token.replace("e1.k1.", "e1.k2."), *PLACE)
        with pytest.raises(KeyMissing, match="k9"):
            fields.unseal(RING, self.token.replace("e1.k1.", "e1.k9."), *PLACE)

    def test_refuses_the_same_key_under_another_id(self):
        ring = KeyRing("k9", {"k9": bytes(range(32))})
        with pytest.raises(Tampered):
            fields.unseal(ring, self.token.replace("e1.k1.", "e1.k9."), *PLACE)

    def test_refuses_another_key(self):
        with pytest.raises(Tampered):
            fields.unseal(OTHER, self.token, *PLACE)

    def test_no_single_bit_can_be_changed(self):
        for position, letter in enumerate(self.token):
            for bit in range(8):
                changed = chr(ord(letter) ^ 1 << bit)
                token = self.token[:position] + changed + self.token[position + 1 :]
                with pytest.raises((Tampered, BadFormat, KeyMissing)):
                    fields.unseal(RING, token, *PLACE)

    def test_no_byte_can_be_cut_off(self):
        for length in range(len(self.token)):
            with pytest.raises((Tampered, BadFormat)):
                fields.unseal(RING, self.token[:length], *PLACE)

    @given(st.text(min_size=1, max_size=5))
    def test_nothing_can_be_added(self, more):
        for token in (self.token + more, more + self.token):
            with pytest.raises(SecretError):
                fields.unseal(RING, token, *PLACE)

    def test_refuses_base64_in_another_spelling(self):
        # 92 bytes leave two bits of the last letter without meaning.
        token = fields.seal(RING, "x" * 40, *PLACE)
        head, last = token[:-1], token[-1]
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        spare = alphabet[alphabet.index(last) ^ 1]
        for other in (head + spare, token + "=", token + "==", token.replace("-", "+") + "\n"):
            with pytest.raises(BadFormat):
                fields.unseal(RING, other, *PLACE)

    @pytest.mark.parametrize(
        "token",
        [
            *("", "plain text", "e1", "e1..", "e1.k1.", "e1.k1.AAAA", "e1.k1." + "é" * 80),
            *(f"{head}.{'A' * 80}" for head in ("e2.k1", "E1.k1", "e1.k 1", "e1." + "k" * 33)),
        ],
    )
    def test_refuses_what_is_no_sealed_value(self, token):
        with pytest.raises(BadFormat):
            fields.unseal(RING, token, *PLACE)

    @given(texts)
    def test_never_falls_back_to_the_stored_text(self, stored):
        with pytest.raises(BadFormat):
            fields.unseal(RING, stored, *PLACE)

    def test_errors_name_key_ids_and_columns_only(self):
        for token in (self.token[:-4] + "AAAA", "hunter2", self.token.replace("k1", "k9")):
            with pytest.raises(SecretError) as caught:
                fields.unseal(RING, token, *PLACE)
            assert "sip.example.com" not in str(caught.value)
            assert "hunter2" not in str(caught.value)
            assert self.token[6:20] not in str(caught.value)


class TestBlindIndex:
    @given(texts)
    def test_is_equal_for_equal_values(self, value):
        assert blind_index.index(RING, value, "t", "c") == blind_index.index(RING, value, "t", "c")

    def test_is_hmac_sha256_under_its_own_subkey(self):
        info = prefixed("tenant-console", "index", "tenants", "sip_domain")
        key = HKDF(hashes.SHA256(), 32, salt=None, info=info).derive(bytes(range(32)))
        expected = "b1.k1." + hmac.new(key, b"sip.example.com", "sha256").hexdigest()
        assert blind_index.index(RING, "SIP.example.com", "tenants", "sip_domain") == expected

    def test_differs_by_value_table_column_and_key(self):
        made = {
            blind_index.index(RING, "a", "tenants", "sip_domain"),
            blind_index.index(RING, "b", "tenants", "sip_domain"),
            blind_index.index(RING, "a", "users", "sip_domain"),
            blind_index.index(RING, "a", "tenants", "sip_username"),
            blind_index.index(RING, "a", "tenants", "sip_domain", "k2"),
            blind_index.index(OTHER, "a", "tenants", "sip_domain"),
        }
        assert len(made) == 6

    def test_candidates_are_the_indexes_under_every_key(self):
        assert blind_index.candidates(RING, "a", "t", "c") == [
            blind_index.index(RING, "a", "t", "c", "k1"),
            blind_index.index(RING, "a", "t", "c", "k2"),
        ]

    def test_refuses_an_unknown_key(self):
        with pytest.raises(KeyMissing):
            blind_index.index(RING, "a", "t", "c", "k9")


class TestJoin:
    @given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
    def test_no_two_lists_collide(self, one, other):
        assert (join(*one) == join(*other)) == (one == other)


class TestKeyRing:
    def test_shows_ids_and_no_key(self):
        assert repr(RING) == str(RING) == "<KeyRing k1, k2; primary k1>"

    def test_gives_every_use_its_own_key(self):
        uses = [(p, t, c) for p in ("seal", "index") for t in ("a", "ab") for c in ("b", "c", "")]
        subkeys = {RING.subkey(kid, *use) for use in uses for kid in RING.ids}
        assert len(subkeys) == 24
        assert all(len(key) == 32 for key in subkeys)
        assert subkeys.isdisjoint({bytes(range(32)), bytes(range(32, 64))})

    def test_a_new_one_is_usable_and_fresh(self):
        one, other = (KeyRing.from_json(new_keyring_json()) for _ in range(2))
        token = fields.seal(one, "x", *PLACE)
        assert fields.unseal(one, token, *PLACE) == "x"
        with pytest.raises(Tampered):
            fields.unseal(other, token, *PLACE)

    @pytest.mark.parametrize(
        ("primary", "keys"),
        [
            ("k1", {}),
            ("k2", {"k1": bytes(32)}),
            ("", {"": bytes(32)}),
            ("k.1", {"k.1": bytes(32)}),
            ("k" * 33, {"k" * 33: bytes(32)}),
            ("k1\n", {"k1\n": bytes(32)}),
            ("k1", {"k1": bytes(31)}),
            ("k1", {"k1": bytes(33)}),
            ("k1", {"k1": bytes(32), "k2": b""}),
        ],
    )
    def test_refuses_bad_ids_and_lengths(self, primary, keys):
        with pytest.raises(BadKeyRing):
            KeyRing(primary, keys)


KEY = base64.b64encode(bytes(range(32))).decode()


class TestFromJson:
    def test_reads_ids_keys_and_primary(self):
        ring = KeyRing.from_json(json.dumps({"primary": "k2", "keys": {"k1": KEY, "k2": KEY}}))
        assert (ring.primary, ring.ids) == ("k2", ["k1", "k2"])

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "{",
            "[]",
            "5",
            "null",
            "{}",
            json.dumps({"keys": {"k1": KEY}}),
            json.dumps({"primary": "k1"}),
            json.dumps({"primary": "k1", "keys": []}),
            json.dumps({"primary": "k1", "keys": {"k1": 5}}),
            json.dumps({"primary": "k1", "keys": {"k1": "é"}}),
            json.dumps({"primary": "k1", "keys": {"k1": KEY + "*"}}),
            json.dumps({"primary": "k1", "keys": {"k1": KEY[:-4]}}),
            json.dumps({"primary": ["k1"], "keys": {"k1": KEY}}),
            json.dumps({"primary": "k1", "keys": {"k1": KEY}, "more": 1}),
        ],
    )
    def test_refuses_what_is_no_ring(self, text):
        with pytest.raises(BadKeyRing) as caught:
            KeyRing.from_json(text)
        assert KEY[:8] not in str(caught.value)
