"""The CHECK constraints of the tenants table, and the indexes for the list of tenants."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text

from webui.core.catalogue import FIELDS, filterable
from webui.core.field_types import Metadata
from webui.models.columns import NO_ROW_ID, field_checks, partial_index

_CROSS_FIELD_CHECKS = {
    "blocked_services_status": "(status = 'suspended') = (blocked_services <> '[]')",
    "sip_needs": (
        "NOT sip_enabled OR (sip_domain IS NOT NULL AND sip_username IS NOT NULL"
        " AND sip_password IS NOT NULL)"
    ),
    "encryption_needed": "data_encryption_enabled OR NOT (hipaa_enabled OR pci_enabled)",
    "version_positive": "version >= 1",
    "webhook_secret_previous_limits": "substr(webhook_secret_previous, 1, 3) = 'e1.'",
}
_METADATA = [field for field in FIELDS.values() if isinstance(field, Metadata)]
_SIZES = {
    "sqlite": "length(CAST({} AS BLOB))",
    "postgresql": "octet_length({})",
}

# Whether the wizard is unfinished, in SQL for which both databases use the index. (PostgreSQL
# does not treat "is not null" as the negation of "is null".)
ONBOARDING_OPEN = "COALESCE(onboarded_at IS NULL, false)"
# The filters of the list, before the columns that it is sorted by. SQLite reads from the index
# alone only if the columns of its expressions are in the index as well.
_FIRST = ("billing_plan", "status")
FILTERED = [*_FIRST, *(f.name for f in filterable().values() if f.name not in _FIRST)]
"""The fields that the list can be filtered by, in the order of its indexes."""
_FILTERS: tuple[Any, ...] = (*_FIRST, text(ONBOARDING_OPEN), *FILTERED[len(_FIRST) :])

CONSTRAINTS = (
    # Deferred, so that the row and its entry may come in any order inside one transaction,
    # and no transaction can commit with a version that is not in the history (DESIGN 7).
    ForeignKeyConstraint(
        ["id", "version"],
        ["audit_entries.tenant_id", "audit_entries.tenant_version"],
        name="fk_tenants_id_version",
        deferrable=True,
        initially="DEFERRED",
        use_alter=False,
    ),
    *field_checks(FIELDS),
    *(CheckConstraint(sql, name=name) for name, sql in _CROSS_FIELD_CHECKS.items()),
    *(
        CheckConstraint(
            f"{size.format(field.name)} <= {field.maximum_bytes}", name=f"{field.name}_limits"
        ).ddl_if(dialect)
        for field in _METADATA
        for dialect, size in _SIZES.items()
    ),
    Index("ix_tenants_name_key", "name_key", "id"),
    # The last column is in the index only to be read, so that the query needs no row of the table.
    Index("ix_tenants_name_sort", "name_sort", "id", "name_key"),
    Index("ix_tenants_created_at", "created_at", "id", "name_key"),
    Index("ix_tenants_updated_at", "updated_at", "id", "name_key"),
    *(
        Index(f"ix_tenants_lanes_{name}", *_FILTERS, *order, "onboarded_at")
        for name, order in {
            "name": ("name_sort", "id", "name_key"),
            "created": ("created_at", "id", "name_key"),
            "updated": ("updated_at", "id", "name_key"),
        }.items()
    ),
    Index("ix_tenants_sip_identity", "sip_domain_index", "sip_username_index"),
    partial_index(
        "ix_tenants_webhook_secret_previous_until",
        "webhook_secret_previous_until",
        where="webhook_secret_previous_until IS NOT NULL",
    ),
    Index(
        "ix_tenants_name_trigram",
        "name_key",
        postgresql_using="gin",
        postgresql_ops={"name_key": "gin_trgm_ops"},
    ).ddl_if(dialect="postgresql"),
    NO_ROW_ID,
)
