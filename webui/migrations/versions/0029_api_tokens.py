"""Tokens by which programs use the API in the name of an account."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("purpose", sa.String(length=200), nullable=False),
        sa.Column("scopes", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_on", sa.Date(), nullable=True),
        sa.Column("seal", sa.String(length=64), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 60", name=op.f("ck_api_tokens_name_limits")),
        sa.CheckConstraint(
            "length(purpose) BETWEEN 3 AND 200", name=op.f("ck_api_tokens_purpose_limits")
        ),
        sa.CheckConstraint("scopes <> ''", name=op.f("ck_api_tokens_scopes_limits")),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_api_tokens_expires_at_limits")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_api_tokens_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_tokens_token_hash")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_api_tokens_user_id", "api_tokens", ["user_id"])
    unended = sa.text("ended_at IS NULL")
    op.create_index(
        "ix_api_tokens_unended",
        "api_tokens",
        ["expires_at", "id"],
        postgresql_where=unended,
        sqlite_where=unended,
    )


def downgrade() -> None:
    op.drop_index("ix_api_tokens_unended", "api_tokens")
    op.drop_index("ix_api_tokens_user_id", "api_tokens")
    op.drop_table("api_tokens")
