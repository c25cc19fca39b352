"""Counted tries: sign-in, codes, links and sign-up."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "try_counters",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("tries >= 0 AND refused >= 0", name=op.f("ck_try_counters_positive")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_try_counters")),
    )
    op.create_index("ix_try_counters_expires_at", "try_counters", ["expires_at"], unique=False)


def downgrade() -> None:
    op.drop_table("try_counters")
