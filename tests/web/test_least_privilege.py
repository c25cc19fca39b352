"""The console on PostgreSQL as the role of docs/postgresql-role.md, which owns nothing."""

import re
from contextlib import contextmanager
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url

from config import ROOT
from tests.apps import a_config, an_app, inside
from tests.databases import libpq, migrate
from tests.factories import an_actor, make_tenant, make_user
from tests.history import assert_history_holds, count_entries
from tests.web.pages import PASSWORD, REASON, Browser, tenant_url
from webui.core.extensions import db
from webui.history.proof import erasure, verification_jobs
from webui.jobs.worker import Worker
from webui.models import Tenant

DOCUMENT = ROOT / "docs" / "postgresql-role.md"


def grants(database, role):
    """The document's SQL, for other names."""
    [sql] = re.findall(r"```sql\n(.*?)```", DOCUMENT.read_text(), re.S)
    return sql.replace("console_app", role).replace("DATABASE console", f'DATABASE "{database}"')


@contextmanager
def a_role(url):
    """A database migrated by its owner, and the URL of a role with the document's rights."""
    role, owner = f"app_{uuid4().hex}", libpq(url)
    database = make_url(url).database
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(f'CREATE ROLE "{role}" LOGIN')
        connection.execute(grants(database, f'"{role}"'))
        try:
            yield make_url(url).set(username=role).render_as_string(hide_password=False)
        finally:
            connection.execute(f'DROP OWNED BY "{role}"')
            connection.execute(f'DROP ROLE "{role}"')


@pytest.fixture
def role_url(postgresql, tmp_path):
    with postgresql.empty() as url:
        migrate(url, tmp_path)
        with a_role(url) as role:
            yield role


@pytest.fixture
def app(role_url, tmp_path):
    app = an_app(a_config(tmp_path / "served", role_url))
    with inside(app):
        yield app


TAMPERING = [
    "UPDATE audit_entries SET reason = 'forged'",
    "UPDATE audit_entries SET body = body, hash = hash",
    "DELETE FROM audit_entries",
    "TRUNCATE audit_entries CASCADE",
    "DELETE FROM audit_fields",
    "UPDATE audit_words SET word = 'forged'",
    "DELETE FROM audit_checkpoints",
    "UPDATE audit_checkpoints SET line = 'forged'",
    "UPDATE audit_sealed SET side = 'new'",
    "DELETE FROM audit_sealed",
    "DELETE FROM tenants",
    "DELETE FROM users",
    "ALTER TABLE audit_entries DISABLE TRIGGER ALL",
    "DROP TRIGGER guard_audit_entries_rows ON audit_entries",
    "DROP FUNCTION guard_refuse() CASCADE",
    "SET session_replication_role = replica",
    "ALTER TABLE audit_entries OWNER TO CURRENT_USER",
    "CREATE TABLE mine (id int)",
    "CREATE TEMPORARY TABLE audit_entries (seq bigint)",
    "UPDATE alembic_version SET version_num = '0001'",
]


class TestRole:
    def test_works_and_cannot_tamper(self, app, role_url):
        tenant = make_tenant(name="Northwind", sip_domain="a.example")
        browser = Browser(app.test_client(), {PASSWORD})
        browser.user = make_user("admin", password=PASSWORD)
        browser.sign_in(browser.user.username)
        browser.edit(tenant, "billing", max_concurrent_calls="11", reason=REASON)
        browser.edit(tenant, "sip", sip_domain="b.example", reason=REASON)
        browser.get(tenant_url(uuid4()), 404)
        browser.get("/audit/export.jsonl")
        verification_jobs.request_verification("somebody")
        Worker(app).once()
        said = browser.get("/audit").words_of("proof")
        assert "Holds" in said
        assert erasure.erase(an_actor(), REASON, tenant=tenant.id) == 3
        assert db.session.get_one(Tenant, tenant.id).max_concurrent_calls == 11
        db.session.rollback()
        assert_history_holds()
        before = count_entries()
        for statement in TAMPERING:
            with (
                psycopg.connect(libpq(role_url)) as connection,
                pytest.raises(psycopg.errors.InsufficientPrivilege),
            ):
                connection.execute(statement)
        assert count_entries() == before
        assert_history_holds()

    def test_is_told_who_runs_setup(self, app):
        result = app.test_cli_runner().invoke(args=["setup"])
        assert result.exit_code == 1
        assert "run setup with DATABASE_URL naming their owner" in result.output
        assert "Traceback" not in result.output
        assert result.output.count("\n") == 1
