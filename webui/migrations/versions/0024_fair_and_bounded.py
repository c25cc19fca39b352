"""Webhook deliveries in turn, and denials of a person folded over all pages."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

QUEUED = sa.text("state = 'queued'")
LEASED = sa.text("lease IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "webhook_turns",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("slow_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_webhook_turns_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_webhook_turns")),
    )
    op.add_column(
        "webhook_deliveries", sa.Column("leased_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(
        "ix_webhook_deliveries_lane",
        "webhook_deliveries",
        ["tenant_id", "manual", "due_at", "id"],
        sqlite_where=QUEUED,
        postgresql_where=QUEUED,
    )
    op.create_index(
        "ix_webhook_deliveries_leased",
        "webhook_deliveries",
        ["leased_until"],
        sqlite_where=LEASED,
        postgresql_where=LEASED,
    )
    _replace_denials(
        [
            sa.Column("told", sa.Text(), server_default=sa.text("''"), nullable=False),
            sa.Column("folded", sa.Text(), server_default=sa.text("''"), nullable=False),
        ],
        key=["user_id"],
        # What was counted goes on being told; the pages of a minute are told as one.
        rows="(user_id, since, more, address, folded)"
        " SELECT user_id, MIN(since), SUM(more), MIN(address), MIN(page)"
        " FROM old_denied_attempts GROUP BY user_id",
    )


def downgrade() -> None:
    _replace_denials(
        [
            sa.Column("page", sa.String(length=200), nullable=False),
            sa.Column("status", sa.Integer(), autoincrement=False, nullable=False),
            sa.Column("objects", sa.Text(), server_default=sa.text("''"), nullable=False),
        ],
        key=["user_id", "page", "status"],
        rows="(user_id, since, more, address, page, status)"
        " SELECT user_id, since, more, address, 'several pages', 404 FROM old_denied_attempts",
    )
    op.drop_index("ix_webhook_deliveries_leased", "webhook_deliveries")
    op.drop_index("ix_webhook_deliveries_lane", "webhook_deliveries")
    op.drop_column("webhook_deliveries", "leased_at")
    op.drop_table("webhook_turns")


def _replace_denials(columns: list[sa.Column], key: list[str], rows: str) -> None:
    """Makes the table anew: its primary key changes."""
    op.drop_index("ix_denied_attempts_since", "denied_attempts")
    op.rename_table("denied_attempts", "old_denied_attempts")
    if op.get_bind().dialect.name != "sqlite":
        # Names of constraints are unique in a schema there.
        for name in ("pk_denied_attempts", "fk_denied_attempts_user_id"):
            op.execute(f"ALTER TABLE old_denied_attempts RENAME CONSTRAINT {name} TO old_{name}")
    op.create_table(
        "denied_attempts",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("more", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=True),
        *columns,
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_denied_attempts_user_id")),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_denied_attempts")),
    )
    op.execute(f"INSERT INTO denied_attempts {rows}")
    op.drop_table("old_denied_attempts")
    op.create_index("ix_denied_attempts_since", "denied_attempts", ["since"])
