"""What the database itself refuses, whoever asks: attacks with plain SQL on both databases."""

from uuid import uuid4

import pytest
from sqlalchemy.exc import DBAPIError

from tests.factories import an_actor, make_tenant, revise
from tests.history import assert_history_holds, count_entries
from tests.raw import copy_of_tenant, each_refused, new_entry, refused, rows, run, unchanged
from tests.samples import as_sql, plain_values, together
from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action
from webui.history.record.log import record
from webui.models import AuditEntry, Tenant

pytestmark = pytest.mark.both_databases

# A valid other value for every column that stands in the history as it is.
OTHER_VALUES = {
    column: ", ".join(
        [as_sql(value), *(f"{name} = {as_sql(more)}" for name, more in together(column).items())]
    )
    for column, value in plain_values().items()
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
    def test_no_column_changes_without_a_new_version(self):
        changes = [f"UPDATE tenants SET {name} = {value}" for name, value in OTHER_VALUES.items()]
        each_refused(changes, match="raise its version by one")

    def test_no_column_changes_without_an_entry(self):
        changes = [f"{name} = {value}" for name, value in OTHER_VALUES.items()]
        each_refused(
            [f"UPDATE tenants SET {change}, version = version + 1" for change in changes],
            match=r"fk_tenants_id_version|FOREIGN KEY",
        )

    def test_no_version_without_an_entry(self):
        versions = ["version + 1", "version + 2", "version - 1", "1", "NULL"]
        each_refused([f"UPDATE tenants SET version = {version}" for version in versions])

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

    @pytest.mark.parametrize("version", ["0", "2", "3"])
    def test_no_creation_at_another_version(self, version):
        refused(copy_of_tenant(version=version), match="never replaced|starts at version 1")

    def test_no_upsert(self, tenant):
        conflict = "ON CONFLICT (id) DO UPDATE SET name = 'Other', version = tenants.version + 1"
        refused(f"{copy_of_tenant(identity=tenant.id.hex)} {conflict}")


class TestEntries:
    def test_no_column_can_be_changed(self):
        names = [column.name for column in AuditEntry.__table__.columns]
        each_refused(f"UPDATE audit_entries SET {name} = {name}" for name in names)
        each_refused(f"UPDATE audit_entries SET {name} = NULL WHERE seq = 1" for name in names)

    def test_none_can_be_removed(self):
        refused("DELETE FROM audit_sealed", "DELETE FROM audit_fields", "DELETE FROM audit_entries")
        refused("DELETE FROM audit_entries WHERE seq = (SELECT max(seq) FROM audit_entries)")

    @pytest.mark.parametrize(
        "table", ["audit_entries", "audit_fields", "audit_sealed", "audit_words"]
    )
    def test_no_table_can_be_emptied(self, table):
        refused(f"DELETE FROM {table}")
        refused(f"TRUNCATE {table} CASCADE", error=DBAPIError)

    def test_no_gap_and_no_number_twice(self):
        seqs = ["seq + 2", "seq + 3", "seq - 1", "0", "-1", "1", "NULL"]
        each_refused(new_entry(seq=seq) for seq in seqs)

    def test_no_id_or_hash_twice(self):
        each_refused(new_entry(**{column: column}) for column in ("id", "hash"))

    def test_no_version_of_a_tenant_twice(self):
        refused(new_entry(tenant_id="tenant_id", tenant_version="tenant_version"))
        refused(new_entry(tenant_id="tenant_id", tenant_version="1"))

    def test_no_version_before_its_predecessor(self):
        refused(new_entry(tenant_id="tenant_id", tenant_version="tenant_version + 2"))

    def test_the_next_one_can_be_appended(self):
        run(new_entry())
        assert count_entries() == 4


class TestFields:
    def test_no_column_can_be_changed(self):
        columns = ("seq", "field", "tenant_id")
        each_refused(f"UPDATE audit_fields SET {column} = NULL" for column in columns)

    def test_none_belongs_to_an_absent_entry(self):
        refused("INSERT INTO audit_fields (seq, field) VALUES (99, 'name')")


class TestSealedValues:
    def test_cannot_be_moved(self):
        one = "field = 'sip_username' AND side = 'new'"
        another = "(SELECT id FROM audit_entries WHERE seq = 3)"
        changes = ["field = 'other'", "side = 'old'", f"entry = {another}"]
        each_refused(
            [f"UPDATE audit_sealed SET {change} WHERE {one}" for change in changes],
            match="audit_sealed is bound",
        )

    def test_cannot_be_plaintext(self):
        refused("UPDATE audit_sealed SET value = 'b.example'", match="ck_audit_sealed_value_limits")

    def test_can_be_resealed_and_erased(self):
        run("UPDATE audit_sealed SET value = 'e1.k2.' || substr(value, 7) WHERE side = 'new'")
        run("UPDATE audit_sealed SET value = NULL WHERE side = 'old'")
        values = {value for (value,) in rows("SELECT value FROM audit_sealed")}
        assert None in values
        assert all(value.startswith("e1.k2.") for value in values - {None})
        assert_history_holds()
