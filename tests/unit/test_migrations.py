"""Migrations: there and back again, and the same schema that the models describe."""

from contextlib import contextmanager

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, ClauseElement, inspect, select, text

from tests.apps import a_config, an_app, inside
from tests.factories import make_tenant, make_user, revise
from tests.history import assert_history_holds, count_entries
from tests.outbox import make_due, make_hooked, queue
from tests.raw import everything, refused
from webui.core.extensions import WRITING, db, is_sqlite, write_transaction
from webui.core.field_types import MAX_SAFE_INTEGER
from webui.history.record.actions import Action
from webui.migrations import HERE, downgrade, is_current, newest_revision, upgrade
from webui.models import Tenant, TenantUsage, UsageRank, WebhookTurn
from webui.models.columns import now
from webui.models.tenant.usage import month_of, usage_rank
from webui.models.triggers import registry
from webui.webhooks.delivery import sending
from webui.webhooks.delivery.client import Answer

# Kept by the migrations and triggers alone: the models do not know them.
SEARCH_TABLES = "tenant_names"
# SQLAlchemy does not read indexes over expressions on SQLite: `schema` asks SQLite itself.
pytestmark = [
    pytest.mark.both_databases,
    pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression"),
    pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression"),
]


@pytest.fixture
def empty(empty_database_url, tmp_path):
    """An application on a database without tables."""
    app = an_app(a_config(tmp_path, empty_database_url), setting_up=True)
    with inside(app):
        yield app


@contextmanager
def writing():
    writer = db.engine.connect().execution_options(**{WRITING: True})
    with writer as connection, connection.begin():
        yield connection


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names())


class TestUpgrade:
    def test_makes_a_database_that_works(self, empty):
        assert not is_current()
        upgrade()
        assert is_current()
        make_tenant()
        assert_history_holds()

    def test_can_be_repeated(self, empty):
        upgrade()
        make_tenant()
        before = everything()
        upgrade()
        assert everything() == before

    def test_leaves_nothing_when_it_fails(self, empty, monkeypatch):
        def fail(_connection):
            raise ZeroDivisionError

        monkeypatch.setattr(registry, "create", fail)
        with pytest.raises(ZeroDivisionError):
            upgrade()
        assert tables() - {"alembic_version"} == set()


class TestNewest:
    def test_is_the_head_that_alembic_finds(self):
        assert newest_revision() == ScriptDirectory(HERE).get_current_head()


class TestDowngrade:
    def test_leaves_an_empty_database(self, empty):
        upgrade()
        make_user("owner")
        downgrade("base")
        assert tables() == {"alembic_version"}
        assert trigger_list() == []

    def test_and_up_again_works(self, empty):
        upgrade()
        make_tenant(name="Acme")
        downgrade("base")
        upgrade()
        assert db.session.scalars(select(Tenant)).all() == []
        make_tenant(name="Acme")
        assert count_entries() == 1


class TestUpgradeWithData:
    def test_keeps_rows_and_guards(self, empty):
        upgrade()
        tenant = make_tenant(sip_domain="a.example")
        make_user("owner", tenant=tenant)
        revise(tenant, Action.TENANT_SIP, sip_domain="b.example")
        before = everything()
        # Every later migration runs down and up over this data.
        downgrade("0001")
        upgrade()
        assert everything() == before
        assert db.session.get_one(Tenant, tenant.id).sip_domain == "b.example"
        refused("DELETE FROM tenants")
        assert_history_holds()

    def test_knows_since_when_a_webhook_fails(self, empty):
        upgrade()
        failing, fine = make_hooked(), make_hooked()
        for tenant, answers in ((failing, (200, 503, 500)), (fine, (503, 200))):
            for status in answers:
                queue(tenant)
                make_due()
                for claimed in sending.claim_deliveries(10):
                    if claimed.tenant_id == tenant.id:
                        sending.record_result(claimed, Answer(40, status))
        before = everything()
        downgrade("0026")
        upgrade()
        assert everything() == before
        turns = {turn.tenant_id: turn for turn in db.session.scalars(select(WebhookTurn))}
        assert turns[failing.id].failing_since is not None
        assert turns[fine.id].failing_since is None

    def test_knows_the_share_of_the_limit_that_is_used(self, empty):
        upgrade()
        used = [(50, 100), (10**9, 7), (2**53, 1), (1, 0), (0, 0), (5, MAX_SAFE_INTEGER)]
        month = month_of(now())
        expected = {}
        for calls, limit in used:
            tenant = make_tenant(monthly_call_limit=limit)
            expected[tenant.id] = usage_rank(month, calls, limit)
            with write_transaction():
                for name in (month, "2026-01"):
                    db.session.add(TenantUsage(tenant_id=tenant.id, month=name, calls=calls))
        expected[make_tenant().id] = 0
        downgrade("0029")
        upgrade()
        found = db.session.execute(select(UsageRank.tenant_id, UsageRank.usage_rank)).all()
        assert dict(map(tuple, found)) == expected

    def test_finds_names_by_their_plain_letters(self, empty):
        upgrade()
        tenant = make_tenant(name="Zakład Łódź")
        downgrade("0017")
        upgrade()
        assert name_keys() == {"zaklad lodz"}
        revise(tenant, Action.TENANT_ORGANISATION, name="Acme Łódź")
        assert name_keys() == {"acme lodz"}


def name_keys() -> set[str]:
    """The keys of all names, and on SQLite what its search knows of them."""
    keys = "SELECT name_key FROM tenants"
    if is_sqlite():
        keys += " UNION SELECT name_key FROM tenant_names"
        table = "tenant_names_trigram"
        with writing() as connection:
            connection.exec_driver_sql(
                f"INSERT INTO {table} ({table}, rank) VALUES ('integrity-check', 1)"
            )
            found = connection.exec_driver_sql(f"SELECT count(*) FROM {table}('lodz')")
            assert found.scalar_one() == 1
    with db.engine.connect() as connection:
        return set(connection.exec_driver_sql(keys).scalars())


class TestSchema:
    def test_is_the_same_by_migration_and_by_model(self, empty):
        upgrade()
        migrated = schema()
        downgrade("base")
        make_all_from_models()
        fresh = schema()
        assert migrated.keys() - {SEARCH_TABLES} == fresh.keys()
        for table in fresh:
            for part, content in fresh[table].items():
                assert migrated[table][part] == content, f"{table}: {part}"

    def test_has_the_search_tables_of_sqlite(self, app):
        assert (SEARCH_TABLES in schema()) == is_sqlite()

    def test_gives_every_table_a_primary_key(self, app):
        assert [name for name, parts in schema().items() if not parts["primary key"]] == []

    def test_triggers_are_the_same(self, empty):
        upgrade()
        before = trigger_list()
        with writing() as connection:
            registry.drop(connection)
        assert trigger_list() == []
        with writing() as connection:
            registry.create(connection)
        assert trigger_list() == before
        assert len(before) > 10

    def test_autogenerate_finds_no_difference(self, app):
        with db.engine.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"compare_type": True, "include_object": known_to_models}
            )
            assert compare_metadata(context, db.metadata) == []


def make_all_from_models() -> None:
    with writing() as connection:
        if not is_sqlite():
            connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
        db.metadata.create_all(connection)
        registry.create(connection)


def known_to_models(thing, name, kind, reflected, _compare_to) -> bool:
    """Leaves out SQLite's search tables, and PostgreSQL's trigram index on SQLite."""
    if kind == "table":
        return not name.startswith(SEARCH_TABLES)
    return reflected or not (is_sqlite() and name.endswith("_trigram"))


def schema() -> dict[str, dict[str, object]]:
    """Everything that the database says about every table, in a form that can be compared."""
    inspector = inspect(db.engine)
    return {
        table: {
            "columns": [described(column) for column in inspector.get_columns(table)],
            "primary key": inspector.get_pk_constraint(table)["constrained_columns"],
            "checks": {c["name"]: c["sqltext"] for c in inspector.get_check_constraints(table)},
            "uniques": ordered(inspector.get_unique_constraints(table)),
            "indexes": index_texts(table) or ordered(inspector.get_indexes(table)),
            "foreign keys": ordered(inspector.get_foreign_keys(table)),
        }
        for table in inspector.get_table_names()
        if table != "alembic_version" and not table.startswith(f"{SEARCH_TABLES}_")
    }


def described(column) -> str:
    """A column's name, type, default and whether it may be null."""
    return " ".join(f"{key}={column[key]!r}" for key in ("name", "type", "default", "nullable"))


def index_texts(table: str) -> list[str]:
    """The indexes of a table as SQLite keeps them, spaces apart; empty elsewhere."""
    if not is_sqlite():
        return []
    query = "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql <> '' AND tbl_name = ?"
    with db.engine.connect() as connection:
        found = connection.exec_driver_sql(query, (table,)).scalars()
        return sorted("".join(text.split()) for text in found)


def ordered(things) -> list[str]:
    return sorted(repr(sorted(legible(thing).items(), key=str)) for thing in things)


def legible(thing) -> dict[str, object]:
    """With the conditions of partial indexes as text."""
    return {
        key: legible(value)
        if isinstance(value, dict)
        else str(value)
        if isinstance(value, ClauseElement)
        else value
        for key, value in thing.items()
    }


def trigger_list() -> list[tuple]:
    """Every trigger with its text."""
    if is_sqlite():
        query = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY 1"
    else:
        query = (
            "SELECT tgname, tgrelid::regclass::text, pg_get_triggerdef(oid),"
            " pg_get_functiondef(tgfoid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2"
        )
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def test_every_check_of_a_model_has_a_name(app):
    checks = [
        check
        for table in db.metadata.tables.values()
        for check in table.constraints
        if isinstance(check, CheckConstraint)
    ]
    assert checks
    assert all(check.name for check in checks)
