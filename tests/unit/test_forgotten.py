"""What was erased or re-encrypted is in no byte of SQLite's files."""

import sqlite3
from pathlib import Path

import pytest

from tests import raw
from tests.factories import make_tenant, revise
from webui.core import extensions
from webui.core.extensions import db, empty_log, is_sqlite
from webui.history.record.actions import Action


def in_files(token: str) -> list[str]:
    """The files of the database that hold a text."""
    path = Path(db.engine.url.database)
    files = [path, *path.parent.glob(f"{path.name}-*")]
    return [file.name for file in files if token.encode() in file.read_bytes()]


@pytest.fixture
def tenant(app):
    tenant = make_tenant(sip_domain="first.example", sip_username="first")
    revise(tenant, Action.TENANT_SIP, sip_domain="second.example")
    return tenant


def sealed() -> list[str]:
    return [value for (value,) in raw.rows("SELECT value FROM audit_sealed") if value]


class TestErase:
    def test_leaves_nothing_in_the_file_or_its_log(self, app, tenant):
        tokens = sealed()
        assert tokens
        db.session.rollback()
        command = ["audit", "erase", "--tenant", str(tenant.id), "--reason", "ticket 1", "--yes"]
        if is_sqlite():
            assert all(in_files(token) for token in tokens)
        result = app.test_cli_runner().invoke(args=command)
        assert (result.exit_code, result.stderr) == (0, "")
        assert sealed() == []
        if is_sqlite():
            assert [token for token in tokens if in_files(token)] == []

    def test_says_when_the_log_could_not_be_emptied(self, app, tenant, monkeypatch):
        monkeypatch.setattr("webui.history.proof.commands.empty_log", lambda: False)
        command = ["audit", "erase", "--tenant", str(tenant.id), "--reason", "ticket 1", "--yes"]
        result = app.test_cli_runner().invoke(args=command)
        assert "restart every process" in result.stderr


class TestRotate:
    def test_leaves_nothing_under_the_old_key(self, make_console):
        console = make_console()
        make_tenant(sip_domain="first.example", sip_username="first")
        tokens = sealed()
        db.session.rollback()
        console.run("add")
        console.run("promote", "k2")
        console.run("rotate")
        assert set(sealed()).isdisjoint(tokens)
        if is_sqlite():
            assert [token for token in tokens if in_files(token)] == []


class TestConnection:
    def test_overwrites_what_it_deletes(self):
        connection = sqlite3.connect(":memory:")
        connection.execute("PRAGMA secure_delete = OFF")
        extensions._configure_sqlite(connection, None)
        assert connection.execute("PRAGMA secure_delete").fetchone() == (1,)
        connection.close()


class TestEmptyLog:
    def test_is_false_while_somebody_reads(self, app, monkeypatch):
        if not is_sqlite():
            assert empty_log()
            return
        reader = sqlite3.connect(db.engine.url.database, isolation_level=None)
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM tenants").fetchone()
        make_tenant()
        # Nobody waits ten seconds here for what cannot happen.
        monkeypatch.setattr(extensions, "BUSY_TIMEOUT", 0)
        db.engine.dispose()
        assert not empty_log()
        reader.close()
        assert empty_log()
        db.engine.dispose()
