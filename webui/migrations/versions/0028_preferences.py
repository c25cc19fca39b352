"""Whether an account chose its time zone, and whether it uses the keyboard shortcuts."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    for name, default in (("time_zone_chosen", sa.false()), ("shortcuts", sa.true())):
        op.add_column(
            "users", sa.Column(name, sa.Boolean(), server_default=default, nullable=False)
        )


def downgrade() -> None:
    op.drop_column("users", "shortcuts")
    op.drop_column("users", "time_zone_chosen")
