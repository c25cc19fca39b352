"""The migration that brought keyed hashes: what it ends, and what goes on working."""

import hashlib

import pytest

from tests import raw
from tests.apps import a_config, an_app, inside
from tests.factories import make_user
from webui.accounts.factors import factors
from webui.accounts.sessions import sessions
from webui.core.extensions import db, is_sqlite, write_transaction
from webui.links import operations as links
from webui.migrations import downgrade, upgrade
from webui.models import UserSession
from webui.models.link import LinkKind
from webui.models.user import Proof


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
