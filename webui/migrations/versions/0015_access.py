"""Denials that are counted for a minute, and what a person did first on a day."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "denied_attempts",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("page", sa.String(length=200), nullable=False),
        sa.Column("status", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("more", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_denied_attempts_user_id")),
        sa.PrimaryKeyConstraint("user_id", "page", "status", name=op.f("pk_denied_attempts")),
    )
    op.create_index("ix_denied_attempts_since", "denied_attempts", ["since"])
    op.create_table(
        "daily_marks",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_daily_marks_user_id")),
        sa.PrimaryKeyConstraint("user_id", "what", "day", name=op.f("pk_daily_marks")),
    )


def downgrade() -> None:
    op.drop_table("daily_marks")
    op.drop_table("denied_attempts")
