"""Values that only SQLite keeps in a column of another kind: a page says that they are there."""

import pytest
from sqlalchemy import text

from tests import raw, tampering
from tests.web.pages import REASON, edit_url, tenant_url
from webui.web.errors import SPOILED_TITLE

NO_TEXT = "CAST(X'41FF42' AS TEXT)"
OF_TENANTS = {
    "created_at": "'yesterday'",
    "updated_at": "17",
    "name": NO_TEXT,
    "sip_domain": NO_TEXT,
    "meta_data": "'{oops'",
    "blocked_services": "'x'",
}
OF_ENTRIES = {"at": "'no time'", "reason": NO_TEXT, "body": NO_TEXT}


@pytest.fixture
def databases(sqlite):
    """SQLite alone: PostgreSQL refuses all of these."""
    return sqlite


def spoil(table, column, value):
    """Writes around triggers and CHECK constraints."""
    with tampering.without_guards() as connection:
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        connection.execute(text(f"UPDATE {table} SET {column} = {value}"))
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = OFF")


@pytest.mark.parametrize("column", OF_TENANTS)
def test_a_tenant_is_not_said_to_be_a_database_that_does_not_answer(admin, tenant, logged, column):
    home, features = tenant_url(tenant), tenant_url(tenant, "features")
    form = admin.get(edit_url(tenant, "features"))
    typed = {**form.fields, "retention_days": ["77"], "reason": [REASON]}
    spoil("tenants", column, OF_TENANTS[column])
    page = admin.get(home, 500)
    assert SPOILED_TITLE in page.words
    assert "Waiting does not help" in page.words
    again = admin.post(features, typed, 500)
    assert (again.field("retention_days"), again.field("reason")) == ("77", REASON)
    answer = admin.post(features, typed, 500, htmx=True)
    assert SPOILED_TITLE in answer.words
    assert raw.rows("SELECT version, retention_days FROM tenants") == [(1, 90)]
    assert "cannot be read in request" in logged()
    assert "yesterday" not in logged()


@pytest.mark.parametrize("column", OF_ENTRIES)
def test_an_entry_is_not_either(admin, tenant, column):
    spoil("audit_entries", column, OF_ENTRIES[column])
    for url in (tenant_url(tenant), "/audit"):
        assert SPOILED_TITLE in admin.get(url, 500).words
