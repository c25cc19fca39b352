"""The format of row seals, frozen: what is stored must go on being read."""

import base64
import hmac
import json

import pytest

from webui.crypto import row_seal
from webui.crypto.keyring import KeyRing


def key(first):
    """A root key that nobody uses: 32 numbers in a row."""
    return base64.b64encode(bytes(range(first, first + 32))).decode()


RING = KeyRing.from_json(json.dumps({"primary": "k1", "keys": {"k1": key(0), "k2": key(40)}}))


def part(text):
    return len(text).to_bytes(4, "big") + text


def mac(*facts, kid="k1", table="users", name="row"):
    return row_seal.mac(RING, kid, table, name, facts)


class TestMac:
    def test_is_half_of_the_hmac_of_the_list(self):
        key = RING.subkey("k1", "row-seal", "users", "row")
        message = b"".join(map(part, (b"s1", b"k1", b"users", b"=admin", b"-", b"=")))
        half = hmac.digest(key, message, "sha256")[:16]
        assert mac("admin", None, "") == base64.urlsafe_b64encode(half).decode().rstrip("=")

    @pytest.mark.parametrize(
        "other",
        [
            mac("a", "b", kid="k2"),
            mac("a", "b", table="tenants"),
            mac("a", "b", name="sip_domain"),
            mac("ab"),
            mac("a", None),
            mac("a", "-"),
            mac("b", "a"),
        ],
    )
    def test_differs_for_any_other(self, other):
        assert not row_seal.same_seal(mac("a", "b"), other)
        assert row_seal.same_seal(mac("a", "b"), mac("a", "b"))


class TestText:
    def test_is_written_and_read(self):
        text = row_seal.written("k7", ["one", row_seal.NO_MAC])
        assert text == "s1.k7.one.-"
        assert row_seal.read_seal(text, 2) == ("k7", ["one", "-"])
        assert row_seal.seal_key_id(text) == "k7"

    @pytest.mark.parametrize(
        "text", [None, "", "s1", "s1.k1", "s2.k1.a", "S1.k1.a", "s1.k1.a.b", "e1.k1.a"]
    )
    def test_that_is_no_seal_is_none(self, text):
        assert row_seal.read_seal(text, 1) is None
