"""The place of every new tenant's owner in the wizard."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "onboarding",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(length=20), nullable=False),
        sa.Column("passed", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "step IN ('organisation', 'billing', 'sip', 'features', 'compliance', 'webhook',"
            " 'review')",
            name=op.f("ck_onboarding_step_limits"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_onboarding_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_onboarding")),
    )


def downgrade() -> None:
    op.drop_table("onboarding")
