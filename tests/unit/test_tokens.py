"""Keyed hashes of tokens and seals of rows."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from webui.crypto import tokens

SECRET = "k7Qz" * 12
USER = UUID(int=7)


class TestTokenHash:
    def test_is_the_hmac_of_the_sha256_under_a_derived_key(self):
        info = b"\0\0\0\x0etenant-console\0\0\0\x0dtoken session"
        key = HKDF(SHA256(), 32, salt=None, info=info).derive(SECRET.encode())
        plain = hashlib.sha256(b"a token").hexdigest()
        expected = hmac.digest(key, plain.encode(), "sha256").hex()
        assert tokens.token_hash(SECRET, "session", "a token") == expected
        assert tokens.rehash(SECRET, "session", plain) == expected

    def test_differs_by_key_kind_and_token(self):
        asked = [(SECRET, "session", "a"), (SECRET, "link", "a"), (SECRET, "session", "b")]
        asked.append((SECRET[::-1], "session", "a"))
        assert len({tokens.token_hash(*one) for one in asked}) == len(asked)


class TestSeal:
    def test_is_the_same_for_the_same_facts(self):
        at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        elsewhere = at.astimezone(timezone(timedelta(hours=5)))
        assert self.seal("t", at, USER) == self.seal("t", elsewhere, USER)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            (("t", "a"), ("u", "a")),
            (("t", None), ("t", "")),
            (("t", None), ("t", "-")),
            (("t", "ab", "c"), ("t", "a", "bc")),
            (("t", "a"), ("t", "a", None)),
            (("t", True), ("t", False)),
        ],
    )
    def test_differs_for_any_other(self, one, other):
        assert self.seal(*one) != self.seal(*other)

    def test_fits_itself_alone(self):
        seal = self.seal("t", "a")
        assert tokens.fits(seal, seal)
        assert not tokens.fits(seal, seal[:-1])
        assert not tokens.fits(seal, "")

    def test_is_the_hmac_of_the_facts_in_one_spelling(self):
        def part(text):
            return len(text).to_bytes(4, "big") + text

        key = HKDF(SHA256(), 32, salt=None, info=part(b"tenant-console") + part(b"row t"))
        at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        spelled = (b"=a", b"-", b"=2026-01-02T03:04:05.000000+00:00", b"=True")
        message = b"".join(map(part, spelled))
        expected = hmac.digest(key.derive(SECRET.encode()), message, "sha256").hex()
        assert self.seal("t", "a", None, at, True) == expected

    def seal(self, table, *facts):
        return tokens.seal_token(SECRET, table, facts)
