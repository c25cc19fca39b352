"""Verdicts are signed; those from before are not, and the page says so until the next one."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("audit_verifications", sa.Column("signature", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("audit_verifications", "signature")
