"""What the database itself refuses, whoever asks: attacks with plain SQL on both databases."""

from contextlib import suppress
from uuid import uuid4

import pytest
from sqlalchemy.exc import DBAPIError

from tests.factories import an_actor, make_tenant, make_user, revise
from tests.history import assert_history_holds, count_entries
from tests.raw import refused, rows, run, unchanged
from webui.audit.actions import Action
from webui.audit.log import record
from webui.extensions import db, is_sqlite, write_transaction
from webui.models import AuditEntry, Tenant
from webui.models.tenant import AUDIT_KINDS, Audited

# A valid other value for every column that stands in the history as it is.
OTHER_VALUES = {
    "name": "'Other'",
    "status": "'inactive'",
    "blocked_services": "'[\"calls\"]', status = 'suspended'",
    "billing_plan": "'business'",
    "max_concurrent_calls": "11",
    "monthly_call_limit": "11",
    "sip_enabled": "true",
    "recording_enabled": "false",
    "analytics_enabled": "false",
    "recording_format": "'ogg'",
    "retention_days": "11",
    "hipaa_enabled": "true",
    "pci_enabled": "true",
    "data_encryption_enabled": "false",
    "webhook_timeout_seconds": "11",
    "meta_data": "'{\"a\":1}'",
    "onboarded_at": "'2026-11-23 14:52:07.000000'",
}


@pytest.fixture(autouse=True)
def tenant(app):
    """A tenant with a history of three entries and everything sealed set."""
    tenant = make_tenant(
        name="Acme",
        sip_domain="a.example",
        sip_username="a",
        sip_password="hunter2 hunter2",
        webhook_url="https://a.example.com/",
    )
    revise(tenant, Action.TENANT_SIP, sip_domain="b.example")
    revise(tenant, Action.TENANT_BILLING, retention_days=30)
    return tenant


class TestTenants:
    def test_every_plain_column_is_attacked(self):
        plain = {name for name, kind in AUDIT_KINDS.items() if kind is Audited.PLAIN}
        assert set(OTHER_VALUES) == plain

    @pytest.mark.parametrize(("column", "value"), OTHER_VALUES.items())
    def test_no_column_changes_without_a_new_version(self, column, value):
        refused(f"UPDATE tenants SET {column} = {value}", match="raise its version by one")

    @pytest.mark.parametrize(("column", "value"), OTHER_VALUES.items())
    def test_no_column_changes_without_an_entry(self, column, value):
        refused(
            f"UPDATE tenants SET {column} = {value}, version = version + 1",
            match=r"fk_tenants_id_version|FOREIGN KEY",
        )

    @pytest.mark.parametrize("version", ["version + 1", "version + 2", "version - 1", "1", "NULL"])
    def test_no_version_without_an_entry(self, version):
        refused(f"UPDATE tenants SET version = {version}")

    def test_no_version_twice_in_one_transaction(self):
        refused(*["UPDATE tenants SET retention_days = 1, version = version + 1"] * 2)

    def test_no_two_changes_under_one_entry(self, tenant):
        """The first of them would not stand in the history."""
        with unchanged(), pytest.raises(DBAPIError), write_transaction():
            row = db.session.get_one(Tenant, tenant.id)
            row.revise({"retention_days": 1})
            db.session.flush()
            changes = row.revise({"monthly_call_limit": 1})
            record(Action.TENANT_BILLING, an_actor(), tenant=row, changes=changes)

    def test_no_new_id(self):
        refused(f"UPDATE tenants SET id = '{uuid4().hex}'", match="keeps its id")

    def test_no_new_time_of_creation(self):
        refused("UPDATE tenants SET created_at = '2020-01-01 00:00:00.000000'")

    def test_no_deletion(self):
        make_tenant()
        refused("DELETE FROM tenants")
        refused("DELETE FROM tenants WHERE name <> 'Acme'")

    def test_no_truncation(self):
        # SQLite knows no TRUNCATE: there this is a syntax error, and refused like the rest.
        refused("TRUNCATE tenants CASCADE", error=DBAPIError)
        refused("TRUNCATE tenants, audit_entries, audit_fields CASCADE", error=DBAPIError)

    def test_no_creation_without_an_entry(self):
        refused(copy_of_tenant(), match=r"fk_tenants_id_version|FOREIGN KEY")

    def test_no_creation_at_another_version(self):
        refused(copy_of_tenant(version="3"))
        refused(copy_of_tenant(version="0"))

    def test_no_upsert(self, tenant):
        conflict = "ON CONFLICT (id) DO UPDATE SET name = 'Other', version = tenants.version + 1"
        refused(f"{copy_of_tenant(identity=tenant.id.hex)} {conflict}")


def columns_of(table: str) -> list[str]:
    return [column.name for column in db.metadata.tables[table].columns]


def copy_of_tenant(identity: str | None = None, version: str = "1", verb: str = "INSERT") -> str:
    """An INSERT of the tenant's row under another id."""
    values = {"id": f"'{identity or uuid4().hex}'", "version": version}
    if not is_sqlite():
        values["id"] = f"CAST({values['id']} AS uuid)"
    return copy_of("tenants", values, verb, "name = 'Acme'")


def copy_of(table: str, values: dict[str, str], verb: str = "INSERT", where: str = "true") -> str:
    """An INSERT of a row that differs in some columns from one that is there."""
    columns = {name: name for name in columns_of(table)} | values
    selected = ", ".join(columns.values())
    return f"{verb} INTO {table} ({', '.join(columns)}) SELECT {selected} FROM {table} WHERE {where}"


class TestEntries:
    @pytest.mark.parametrize("column", [column.name for column in AuditEntry.__table__.columns])
    def test_no_column_can_be_changed(self, column):
        refused(f"UPDATE audit_entries SET {column} = {column}")
        refused(f"UPDATE audit_entries SET {column} = NULL WHERE seq = 1")

    def test_none_can_be_removed(self):
        refused("DELETE FROM audit_sealed", "DELETE FROM audit_fields", "DELETE FROM audit_entries")
        refused("DELETE FROM audit_entries WHERE seq = (SELECT max(seq) FROM audit_entries)")

    @pytest.mark.parametrize("table", ["audit_entries", "audit_fields", "audit_sealed"])
    def test_no_table_can_be_emptied(self, table):
        refused(f"DELETE FROM {table}")
        refused(f"TRUNCATE {table} CASCADE", error=DBAPIError)

    @pytest.mark.parametrize("seq", ["seq + 1", "seq + 2", "seq - 1", "0", "-1", "1", "NULL"])
    def test_no_gap_and_no_number_twice(self, seq):
        refused(new_entry(seq=seq if seq != "seq + 1" else "seq + 3"))

    @pytest.mark.parametrize("column", ["id", "hash"])
    def test_no_id_or_hash_twice(self, column):
        refused(new_entry(**{column: column}))

    def test_no_version_of_a_tenant_twice(self):
        refused(new_entry(tenant_id="tenant_id", tenant_version="tenant_version"))
        refused(new_entry(tenant_id="tenant_id", tenant_version="1"))

    def test_no_version_before_its_predecessor(self):
        refused(new_entry(tenant_id="tenant_id", tenant_version="tenant_version + 2"))

    def test_the_next_one_can_be_appended(self):
        run(new_entry())
        assert count_entries() == 4


def new_entry(verb: str = "INSERT", **values: str) -> str:
    """An INSERT of an entry after the newest one; `values` are SQL over that one."""
    identity = f"'{uuid4().hex}'" if is_sqlite() else f"CAST('{uuid4().hex}' AS uuid)"
    fresh = {
        "seq": "seq + 1",
        "id": identity,
        "hash": f"'{uuid4().hex * 2}'",
        "tenant_id": "NULL",
        "tenant_version": "NULL",
    }
    newest = "seq = (SELECT max(seq) FROM audit_entries)"
    return copy_of("audit_entries", fresh | values, verb, newest)


class TestFields:
    @pytest.mark.parametrize("column", ["seq", "field", "tenant_id"])
    def test_no_column_can_be_changed(self, column):
        refused(f"UPDATE audit_fields SET {column} = NULL")

    def test_none_belongs_to_an_absent_entry(self):
        refused("INSERT INTO audit_fields (seq, field) VALUES (99, 'name')")


class TestSealedValues:
    @pytest.mark.parametrize("change", ["field = 'other'", "side = 'old'", "entry = NULL"])
    def test_cannot_be_moved(self, change):
        refused(f"UPDATE audit_sealed SET {change} WHERE side = 'new'")

    def test_cannot_be_moved_to_another_entry(self):
        refused("UPDATE audit_sealed SET entry = (SELECT id FROM audit_entries WHERE seq = 3)")

    def test_cannot_be_plaintext(self):
        refused("UPDATE audit_sealed SET value = 'b.example'", match="ck_audit_sealed_value_limits")

    def test_can_be_resealed_and_erased(self):
        run("UPDATE audit_sealed SET value = 'e1.k2.' || substr(value, 7) WHERE side = 'new'")
        run("UPDATE audit_sealed SET value = NULL WHERE side = 'old'")
        values = {value for (value,) in rows("SELECT value FROM audit_sealed")}
        assert None in values
        assert all(value.startswith("e1.k2.") for value in values - {None})
        assert_history_holds()


LIMITS = {
    "name_limits": ["name = ''", "name = repeat('x', 256)"],
    "status_limits": ["status = 'closed'", "status = ''", "status = 'Active'"],
    "blocked_services_limits": [
        "status = 'suspended', blocked_services = '[\"sip\",\"calls\"]'",
        "status = 'suspended', blocked_services = '[\"calls\",\"calls\"]'",
        "status = 'suspended', blocked_services = '[\"fax\"]'",
        "status = 'suspended', blocked_services = '[ \"calls\" ]'",
        "status = 'suspended', blocked_services = ''",
    ],
    "blocked_services_status": [
        "status = 'suspended'",
        "blocked_services = '[\"calls\"]'",
        "status = 'blocked', blocked_services = '[\"calls\"]'",
    ],
    "billing_plan_limits": ["billing_plan = ''", "billing_plan = repeat('x', 101)"],
    "max_concurrent_calls_limits": ["max_concurrent_calls = 0", "max_concurrent_calls = 1001"],
    "monthly_call_limit_limits": [
        "monthly_call_limit = -1",
        "monthly_call_limit = 9007199254740992",
    ],
    "recording_format_limits": ["recording_format = 'avi'", "recording_format = 'MP4'"],
    "retention_days_limits": ["retention_days = 0", "retention_days = 3651"],
    "webhook_timeout_seconds_limits": ["webhook_timeout_seconds = 0", "webhook_timeout_seconds = 61"],
    "sip_domain_limits": ["sip_domain = 'b.example'", "sip_domain = ''"],
    "sip_username_limits": ["sip_username = 'alice'"],
    "sip_password_limits": ["sip_password = 'hunter2 hunter2'"],
    "webhook_url_limits": ["webhook_url = 'https://a.example.com/'"],
    "webhook_secret_limits": ["webhook_secret = 'whsec_x'"],
    "sip_needs": [
        "sip_enabled = true, sip_domain = NULL",
        "sip_enabled = true, sip_username = NULL",
        "sip_enabled = true, sip_password = NULL",
    ],
    "encryption_needed": [
        "hipaa_enabled = true, data_encryption_enabled = false",
        "pci_enabled = true, data_encryption_enabled = false",
    ],
    "meta_data_limits": ["meta_data = repeat('x', 16385)", "meta_data = repeat('€', 5462)"],
}
ATTACKS = [(check, change) for check, changes in LIMITS.items() for change in changes]


class TestLimits:
    def test_every_check_of_a_tenant_is_attacked(self):
        prefix = "ck_tenants_"
        names = {
            constraint.name.removeprefix(prefix)
            for constraint in db.metadata.tables["tenants"].constraints
            if constraint.name.startswith(prefix)
        }
        # The triggers refuse a wrong version before the CHECK is asked.
        assert names - {"version_positive"} == set(LIMITS)

    @pytest.mark.parametrize(("check", "change"), ATTACKS)
    def test_hold_in_the_database(self, check, change):
        statement = f"UPDATE tenants SET {change}, version = version + 1"
        # PostgreSQL's column types refuse some of it before the CHECK does.
        refused(repeated(statement), match=rf"ck_tenants_{check}|value too long")

    @pytest.mark.parametrize("column", ["name", "retention_days", "hipaa_enabled", "meta_data"])
    def test_nothing_is_null(self, column):
        refused(f"UPDATE tenants SET {column} = NULL, version = version + 1", match="(?i)not.null")

    @pytest.mark.parametrize("value", ["5.5", "'ten'", "'5 days'"])
    def test_whole_numbers_stay_whole(self, tenant, value):
        change_with_entry(tenant, f"retention_days = {value}")
        # PostgreSQL rounds 5.5, which is one way not to store it.
        assert rows("SELECT retention_days FROM tenants")[0][0] in (30, 6)

    @pytest.mark.parametrize("value", ["2", "-1", "'maybe'", "0.5"])
    def test_switches_stay_on_or_off(self, tenant, value):
        change_with_entry(tenant, f"recording_enabled = {value}")
        assert rows("SELECT recording_enabled FROM tenants")[0][0] in (0, 1)

    @pytest.mark.parametrize(
        ("table", "change"),
        [
            ("users", "role = 'root'"),
            ("users", "role = 'admin'"),
            ("users", "tenant_id = NULL"),
            ("users", "username = 'ab'"),
            ("users", "username_key = (SELECT min(username_key) FROM users)"),
        ],
    )
    def test_of_accounts_hold_in_the_database(self, table, change):
        make_user("owner")
        make_user("owner")
        refused(f"UPDATE {table} SET {change}")


def change_with_entry(tenant: Tenant, change: str) -> None:
    """Attempts it with an entry for the new version, so that only the value can be at fault."""
    version = tenant.version + 1
    with suppress(DBAPIError):
        run(
            f"UPDATE tenants SET {change}, version = {version}",
            new_entry(tenant_id="tenant_id", tenant_version=str(version)),
        )


def repeated(statement: str) -> str:
    """SQLite has no repeat(): there the text is written out."""
    if not is_sqlite() or "repeat(" not in statement:
        return statement
    head, _, rest = statement.partition("repeat('")
    letter, _, rest = rest.partition("', ")
    times, _, tail = rest.partition(")")
    return f"{head}'{letter * int(times)}'{tail}"
