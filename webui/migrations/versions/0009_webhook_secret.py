"""The webhook secret before a rotation, and until when it is valid."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    # In the column itself: SQLite adds no table constraint to a table that is there.
    check = (
        "CONSTRAINT ck_tenants_webhook_secret_previous_limits"
        " CHECK (substr(webhook_secret_previous, 1, 3) = 'e1.')"
    )
    op.execute(f"ALTER TABLE tenants ADD COLUMN webhook_secret_previous TEXT {check}")
    op.add_column("tenants", sa.Column("webhook_secret_previous_until", sa.DateTime(timezone=True)))
    op.create_index(
        "ix_tenants_webhook_secret_previous_until",
        "tenants",
        ["webhook_secret_previous_until"],
        sqlite_where=sa.text("webhook_secret_previous_until IS NOT NULL"),
        postgresql_where=sa.text("webhook_secret_previous_until IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_tenants_webhook_secret_previous_until", "tenants")
    op.drop_column("tenants", "webhook_secret_previous_until")
    op.drop_column("tenants", "webhook_secret_previous")
