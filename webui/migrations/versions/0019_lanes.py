"""The list's indexes: with the filters in front, and what a row is asked for at the end."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

OPEN = sa.text("COALESCE(onboarded_at IS NULL, false)")
BEFORE = {
    "ix_tenants_created_at": ["created_at", "id"],
    "ix_tenants_updated_at": ["updated_at", "id"],
    "ix_tenants_status_name": ["status", "name_key", "id"],
    "ix_tenants_status_created": ["status", "created_at", "id"],
    "ix_tenants_status_updated": ["status", "updated_at", "id"],
}
LANE = ["billing_plan", "status", OPEN]
AFTER = {
    "ix_tenants_created_at": ["created_at", "id", "name_key"],
    "ix_tenants_updated_at": ["updated_at", "id", "name_key"],
    "ix_tenants_lanes_name": [*LANE, "name_key", "id", "onboarded_at"],
    "ix_tenants_lanes_created": [*LANE, "created_at", "id", "name_key", "onboarded_at"],
    "ix_tenants_lanes_updated": [*LANE, "updated_at", "id", "name_key", "onboarded_at"],
}


def upgrade() -> None:
    _replace(BEFORE, AFTER)


def downgrade() -> None:
    _replace(AFTER, BEFORE)


def _replace(old: dict, new: dict) -> None:
    for name in old:
        op.drop_index(name, "tenants")
    for name, columns in new.items():
        op.create_index(name, "tenants", columns)
