"""Denied attempts are found by the id that they were for, and told apart by it."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    position = "instr" if sqlite else "strpos"
    op.execute(
        "CREATE INDEX ix_audit_entries_denied_object_seq ON audit_entries"
        f""" (substr(body, {position}(body, '"object":[null,"') + 16, 36), seq)"""
        " WHERE action = 'access.denied'"
    )
    op.add_column(
        "denied_attempts",
        sa.Column("objects", sa.Text(), server_default=sa.text("''"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("denied_attempts", "objects")
    op.drop_index("ix_audit_entries_denied_object_seq", "audit_entries")
