"""The share of the call limit that tenants used, along an index, and thresholds they reached."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"

LANES = ["billing_plan", "status", "onboarding_open"]
ORDER = ["usage_rank", "tenant_id"]
# As webui/models/tenant/usage.py says it; a limit of 2^53 - 1 is no cap.
FILL = """
INSERT INTO usage_ranks (tenant_id, billing_plan, status, onboarding_open, usage_rank)
SELECT t.id, t.billing_plan, t.status, t.onboarded_at IS NULL, CASE
    WHEN u.calls IS NULL OR t.monthly_call_limit >= 9007199254740991 THEN 0
    WHEN t.monthly_call_limit = 0 THEN
        :month_rank + CASE WHEN u.calls > 0 THEN 999999999 ELSE 0 END
    WHEN u.calls / t.monthly_call_limit >= 10000000 THEN :month_rank + 999999999
    ELSE :month_rank + u.calls / t.monthly_call_limit * 100
        + u.calls % t.monthly_call_limit * 100 / t.monthly_call_limit
END
FROM tenants t LEFT JOIN tenant_usage u ON u.tenant_id = t.id AND u.month = :month
"""


def upgrade() -> None:
    op.create_table(
        "usage_ranks",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("usage_rank", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("billing_plan", sa.String(length=100), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("onboarding_open", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_usage_ranks_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_usage_ranks")),
    )
    now = datetime.now(UTC)
    values = {"month": f"{now:%Y-%m}", "month_rank": (now.year * 12 + now.month) * 10**9}
    op.get_bind().execute(sa.text(FILL), values)
    op.create_index("ix_usage_ranks_usage_rank", "usage_ranks", ORDER)
    op.create_index("ix_usage_ranks_lanes", "usage_ranks", [*LANES, *ORDER])
    op.create_table(
        "usage_thresholds",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("threshold", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(month) = 7", name=op.f("ck_usage_thresholds_month_limits")),
        sa.CheckConstraint("threshold > 0", name=op.f("ck_usage_thresholds_positive")),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_usage_thresholds_tenant_id")
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "month", "threshold", name=op.f("pk_usage_thresholds")
        ),
    )


def downgrade() -> None:
    op.drop_table("usage_thresholds")
    op.drop_table("usage_ranks")
