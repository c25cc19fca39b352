"""Every attempt of a webhook delivery. Of earlier ones the latest is known."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "webhook_attempts",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("problem", sa.String(length=20), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("tls", sa.String(length=10), nullable=True),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["webhook_deliveries.id"],
            name=op.f("fk_webhook_attempts_delivery_id"),
        ),
        sa.PrimaryKeyConstraint("delivery_id", "number", name=op.f("pk_webhook_attempts")),
    )
    op.execute(
        "INSERT INTO webhook_attempts"
        " (delivery_id, number, tried_at, status, problem, duration_ms, tls)"
        " SELECT id, attempts, tried_at, status, problem, duration_ms, tls"
        " FROM webhook_deliveries WHERE tried_at IS NOT NULL AND state <> 'cancelled'"
    )


def downgrade() -> None:
    op.drop_table("webhook_attempts")
