"""Rotation, counting and guards know every column that holds sealed values."""

import re

import pytest
from sqlalchemy import CheckConstraint, select

from config import ROOT
from tests.factories import make_tenant
from tests.plans import enlarge, plan_of
from webui.core.extensions import db
from webui.keys import uses
from webui.models import EncryptionKey
from webui.models.seals.sealed_columns import key_of, sealed_columns

pytestmark = pytest.mark.both_databases

# Who may call `fields.seal`; everybody else assigns to an Encrypted attribute.
SEALERS = {
    "models/columns.py",
    "keys/canary.py",
    "keys/resealing.py",
    "demo/tenant_rows.py",
    "web/paging.py",
}
# Sealed for a form that brings it back at once: never stored.
SEALERS |= {"accounts/factors/factors.py"}
LARGE = {"tenants", "audit_sealed"}


def guarded_columns() -> set[str]:
    """Every column whose CHECK asks for a sealed value."""
    return {
        f"{table.name}.{match.group(1)}"
        for table in db.metadata.tables.values()
        for check in table.constraints
        if isinstance(check, CheckConstraint)
        if (match := re.search(r"substr\((\w+), 1, 3\) = 'e1\.'", str(check.sqltext)))
    }


class TestSealedColumns:
    def test_are_all_that_the_database_keeps_for_sealed_values(self, app):
        # A canary is made with its own key and goes with it.
        canaries = {f"{EncryptionKey.__tablename__}.canary"}
        assert {str(place) for place in sealed_columns()} == guarded_columns() - canaries

    def test_are_filled_by_their_attributes_alone(self):
        callers = {
            str(path.relative_to(ROOT / "webui"))
            for path in (ROOT / "webui").rglob("*.py")
            if re.search(r"\b(fields\.)?seal\(ring|fields\.seal\(", path.read_text())
        }
        assert callers - {"crypto/fields.py"} <= SEALERS

    def test_name_where_each_value_is_bound(self, app):
        tenant = make_tenant(sip_domain="a.example")
        [place] = [p for p in sealed_columns() if str(p) == "tenants.sip_domain"]
        assert [c.name for c in place.key] == ["id"]
        assert place.index is not None and place.index.name == "sip_domain_index"
        query = select(key_of(place.column)).where(place.key[0] == tenant.id)
        assert db.session.scalar(query) == "k1"

    @pytest.mark.parametrize(
        "place", [p for p in sealed_columns() if p.table.name in LARGE], ids=str
    )
    def test_of_large_tables_are_counted_by_an_index(self, app, place):
        query = select(place.key[0]).where(uses.encrypted_with(place, "k1")).limit(5)
        enlarge(place.table)
        assert f"ix_{place.table.name}_{place.column.name}_kid" in plan_of(query)
