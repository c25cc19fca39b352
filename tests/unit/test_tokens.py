"""Keyed hashes of tokens and seals of rows, and the migration that brought them."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tests import raw
from tests.apps import a_config, an_app, inside
from tests.factories import make_user
from webui.accounts.factors import factors
from webui.accounts.sessions import sessions
from webui.core.extensions import db, is_sqlite, write_transaction
from webui.crypto import tokens
from webui.links import operations as links
from webui.migrations import downgrade, upgrade
from webui.models import UserSession
from webui.models.link import LinkKind
from webui.models.user import Proof

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

    def seal(self, table, *facts):
        return tokens.seal_token(SECRET, table, facts)


class TestMigration:
    @pytest.fixture
    def old(self, empty_database_url, tmp_path):
        """A database of before, with an account."""
        app = an_app(a_config(tmp_path, empty_database_url), setting_up=True)
        with inside(app):
            upgrade()
            self.user_id = make_user("admin").id
            downgrade("0019")
            yield app

    def add(self, table, **values):
        at = "'2026-01-02 03:04:05.000006'" if is_sqlite() else "'2026-01-02 03:04:05.000006+00'"
        times = {
            name: at for name in ("created_at", "last_used_at", "expires_at") if name in values
        }
        identity = self.user_id.hex if is_sqlite() else str(self.user_id)
        row = {"user_id": f"'{identity}'"} | values | times
        raw.run(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join(row.values())})")

    def test_keeps_recovery_codes_good(self, old):
        plain = hashlib.sha256(f"{self.user_id.hex} aaaabbbbccccdddd".encode()).hexdigest()
        self.add("recovery_codes", code_hash=f"'{plain}'", created_at="")
        upgrade()
        assert plain not in str(raw.everything())
        assert factors.factors_of(self.user_id).codes_left == 1
        with pytest.raises(ZeroDivisionError), write_transaction():
            assert factors.accept(self.user_id, "aaaa-bbbb-cccc-dddd") is Proof.RECOVERY
            raise ZeroDivisionError

    def test_ends_sessions_and_links(self, old):
        plain = hashlib.sha256(b"a token").hexdigest()
        common = {"token_hash": f"'{plain}'", "created_at": ""}
        self.add("user_sessions", **common, last_used_at="", address="'x'", agent="'x'")
        self.add("account_links", **common, expires_at="", kind="'reset'")
        upgrade()
        assert db.session.get_one(UserSession, plain).ended_at is not None
        assert raw.rows("SELECT 1 FROM account_links WHERE ended_at IS NULL") == []
        assert sessions.find_session(sessions.session_token_hash("a token")) is None
        with pytest.raises(links.Gone):
            links.user_of_link(LinkKind.RESET, "a token")

    def test_down_takes_the_codes_that_nothing_could_check(self, old):
        upgrade()
        with write_transaction():
            factors.replace_codes(self.user_id)
            db.session.info["audit_recorded_users"] = {self.user_id}
        downgrade("0019")
        assert raw.rows("SELECT 1 FROM recovery_codes") == []
