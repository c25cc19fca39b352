"""Ways around the guards that only SQLite has: OR REPLACE, row ids, foreign keys switched off."""

import sqlite3
from contextlib import suppress

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from tests.apps import inside
from tests.factories import make_tenant, revise
from tests.raw import copy_of, copy_of_tenant, new_entry, refused, rows, run, unchanged
from webui.history.record.actions import Action

VERBS = ["REPLACE", "INSERT OR REPLACE"]


@pytest.fixture(autouse=True)
def tenant(sqlite, worker_apps):
    """Two tenants with histories and sealed values, on SQLite alone."""
    sqlite.reset()
    with inside(worker_apps(sqlite.url)):
        make_tenant(name="Acme", sip_domain="a.example")
        tenant = make_tenant(name="Beta", sip_domain="b.example")
        revise(tenant, Action.TENANT_SIP, sip_domain="c.example")
        yield tenant


@pytest.fixture
def stranger(sqlite):
    """A connection of another program, with SQLite's defaults: no foreign keys."""
    path = sqlite.url.removeprefix("sqlite:///")
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


class TestReplace:
    @pytest.mark.parametrize("verb", VERBS)
    def test_no_tenant_by_id(self, verb):
        statement = copy_of("tenants", {"name": "'Evil'", "version": "1"}, verb, "name = 'Beta'")
        refused(statement, match="never replaced")

    @pytest.mark.parametrize("alias", ["rowid", "_rowid_", "oid"])
    def test_no_tenant_by_row(self, alias):
        """A new tenant with an entry of its own takes the place of the first one."""
        new_id = f"'{'0' * 32}'"
        statement = copy_of("tenants", {"id": new_id, "version": "1"}, "REPLACE", FIRST_TENANT)
        with unchanged():
            attempt(
                FORGET_ITS_NAME,
                at_the_row_of_its_source(statement, alias),
                new_entry(tenant_id=new_id, tenant_version="1"),
            )

    @pytest.mark.parametrize("verb", VERBS)
    @pytest.mark.parametrize(
        "values",
        [
            {"seq": "seq"},
            {"id": "id"},
            {"hash": "hash"},
            {"tenant_id": "tenant_id", "tenant_version": "tenant_version"},
        ],
    )
    def test_no_entry_by_any_of_its_keys(self, verb, values):
        refused(new_entry(verb, **values), match="append-only|must follow")

    @pytest.mark.parametrize("verb", VERBS)
    @pytest.mark.parametrize("table", ["audit_fields", "audit_sealed", "audit_words"])
    def test_no_extract_by_its_key(self, verb, table):
        refused(copy_of(table, {}, verb), match="append-only")

    @pytest.mark.parametrize("verb", VERBS)
    @pytest.mark.parametrize("table", ["audit_fields", "audit_sealed"])
    def test_no_extract_by_its_row(self, verb, table):
        statement = copy_of(table, {"field": "'other'"}, verb, f"rowid = {first_row(table)}")
        with unchanged():
            attempt(at_the_row_of_its_source(statement, "rowid"))

    @pytest.mark.parametrize("table", ["tenants", "audit_sealed", "audit_fields"])
    def test_no_row_by_moving_another_onto_it(self, table):
        target = first_row(table)
        with unchanged():
            attempt(
                FORGET_ITS_NAME,
                f"UPDATE OR REPLACE {table} SET rowid = {target} WHERE rowid = {target} + 1",
            )


def first_row(table: str) -> str:
    return f"(SELECT min(rowid) FROM {table})"


FIRST_TENANT = f"rowid = {first_row('tenants')}"
# Otherwise the search table's foreign key would be what refuses.
FORGET_ITS_NAME = (
    f"DELETE FROM tenant_names WHERE tenant_id = (SELECT id FROM tenants WHERE {FIRST_TENANT})"
)


def at_the_row_of_its_source(statement: str, alias: str) -> str:
    """The INSERT ... SELECT, made to insert at the row id that it reads from."""
    return statement.replace("(", f"({alias}, ", 1).replace("SELECT ", f"SELECT {alias}, ", 1)


def attempt(*statements: str) -> None:
    """Runs them; a refusal is as good as no effect."""
    with suppress(IntegrityError, OperationalError):
        run(*statements)


class TestIgnore:
    """OR IGNORE must not turn a refusal into a change."""

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE OR IGNORE tenants SET name = 'Evil'",
            "UPDATE OR IGNORE tenants SET name = 'Evil', version = version + 1",
            "UPDATE OR FAIL tenants SET name = 'Evil'",
            "UPDATE OR ROLLBACK audit_entries SET body = ''",
            "UPDATE OR IGNORE audit_entries SET body = ''",
            "UPDATE OR REPLACE audit_entries SET seq = 1 WHERE seq = 3",
            "UPDATE OR REPLACE audit_sealed SET side = 'new'",
            "UPDATE OR IGNORE audit_sealed SET value = 'plain'",
            "UPDATE OR REPLACE tenants SET id = (SELECT min(id) FROM tenants)",
        ],
    )
    def test_no_row_changes(self, statement):
        with unchanged():
            attempt(statement)


class TestNameSearch:
    def test_follows_the_names(self, tenant):
        revise(tenant, Action.TENANT_ORGANISATION, name="Gämma Telephony")
        assert found("acme") == ["acme"]
        assert found("beta") == []
        assert found("tele") == ["gamma telephony"]

    def test_its_own_check_finds_nothing(self, tenant):
        revise(tenant, Action.TENANT_ORGANISATION, name="Gamma")
        index = "tenant_names_trigram"
        run(f"INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)")
        assert rows("SELECT count(*) FROM tenant_names") == [(2,)]


def found(words: str) -> list[str]:
    query = f"SELECT name_key FROM tenant_names_trigram WHERE name_key MATCH '\"{words}\"'"
    return [name for (name,) in rows(query)]


class TestWithoutForeignKeys:
    def test_no_change_of_a_tenant(self, stranger):
        self.refused(stranger, "UPDATE tenants SET name = 'Evil', version = version + 1")

    def test_no_new_tenant(self, stranger):
        self.refused(stranger, copy_of_tenant())

    def test_no_deferred_change(self, stranger):
        stranger.execute("PRAGMA defer_foreign_keys = ON")
        self.refused(stranger, "UPDATE tenants SET version = version + 1")

    def test_no_deletion_by_recursive_triggers_or_not(self, stranger):
        for setting in ("ON", "OFF"):
            stranger.execute(f"PRAGMA recursive_triggers = {setting}")
            self.refused(stranger, "DELETE FROM tenants")
            self.refused(stranger, "DELETE FROM audit_entries")
            self.refused(stranger, copy_of("audit_fields", {}, "REPLACE"))

    @staticmethod
    def refused(stranger, statement):
        assert stranger.execute("PRAGMA foreign_keys").fetchone() == (0,)
        with unchanged(), pytest.raises(sqlite3.Error):
            stranger.execute(statement)
