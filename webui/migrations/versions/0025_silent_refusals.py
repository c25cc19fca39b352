"""Tries that must wait are no longer counted: a flood of them writes nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

CHECK = "ck_try_counters_positive"


def upgrade() -> None:
    with op.batch_alter_table("try_counters") as table:
        table.drop_constraint(op.f(CHECK), type_="check")
        table.drop_column("refused")
        table.create_check_constraint(op.f(CHECK), "tries >= 0")


def downgrade() -> None:
    refused = sa.Column("refused", sa.Integer(), nullable=False, server_default="0")
    with op.batch_alter_table("try_counters") as table:
        table.add_column(refused)
    with op.batch_alter_table("try_counters") as table:
        table.drop_constraint(op.f(CHECK), type_="check")
        table.alter_column("refused", server_default=None)
        table.create_check_constraint(op.f(CHECK), "tries >= 0 AND refused >= 0")
