"""What the database checks of a tenant's row by itself, and the indexes that the list walks."""

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

# Whether the wizard is not finished, in words that both databases keep an index of. (To
# PostgreSQL "is not null" is no "not" of what "is null".)
ONBOARDING_OPEN = "COALESCE(onboarded_at IS NULL, false)"
# What the list can be narrowed to, in front of its orders. SQLite answers from an index alone
# only if the columns of its expressions are in it as well.
_FIRST = ("billing_plan", "status")
FILTERED = [*_FIRST, *(f.name for f in filterable().values() if f.name not in _FIRST)]
"""The fields that the list can be narrowed to, as they stand in its indexes."""
_LANE: tuple[Any, ...] = (*_FIRST, text(ONBOARDING_OPEN), *FILTERED[len(_FIRST) :])

CONSTRAINTS = (
    # Deferred, so that the row and its entry may come in any order inside one transaction,
    # and no transaction can end with a version that the history does not know (DESIGN 7).
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
    # What a row is asked for on the way stands at the end: no other page is read for it.
    Index("ix_tenants_created_at", "created_at", "id", "name_key"),
    Index("ix_tenants_updated_at", "updated_at", "id", "name_key"),
    *(
        Index(f"ix_tenants_lanes_{name}", *_LANE, *order, "onboarded_at")
        for name, order in {
            "name": ("name_key", "id"),
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
