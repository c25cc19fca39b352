"""The share of the call limit that tenants used, along an index, and thresholds they reached."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"

ORDER = ["usage_rank", "id", "name_key"]
LANE: list[Any] = ["billing_plan", "status", sa.text("COALESCE(onboarded_at IS NULL, false)")]
# As webui/models/tenant/usage.py says it; a limit of 2^53 - 1 is no cap.
FILL = """
UPDATE tenants SET usage_rank = (
    SELECT CASE
        WHEN tenants.monthly_call_limit >= 9007199254740991 THEN 0
        WHEN tenants.monthly_call_limit = 0 THEN
            :month_rank + CASE WHEN u.calls > 0 THEN 999999999 ELSE 0 END
        WHEN u.calls / tenants.monthly_call_limit >= 10000000 THEN :month_rank + 999999999
        ELSE :month_rank + u.calls / tenants.monthly_call_limit * 100
            + u.calls % tenants.monthly_call_limit * 100 / tenants.monthly_call_limit
    END
    FROM tenant_usage u WHERE u.tenant_id = tenants.id AND u.month = :month
)
WHERE id IN (SELECT tenant_id FROM tenant_usage WHERE month = :month)
"""


def upgrade() -> None:
    op.add_column(
        "tenants",
        sa.Column("usage_rank", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    now = datetime.now(UTC)
    values = {"month": f"{now:%Y-%m}", "month_rank": (now.year * 12 + now.month) * 10**9}
    op.get_bind().execute(sa.text(FILL), values)
    op.create_index("ix_tenants_usage_rank", "tenants", ORDER)
    op.create_index("ix_tenants_lanes_usage", "tenants", [*LANE, *ORDER, "onboarded_at"])
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
    op.drop_index("ix_tenants_lanes_usage", "tenants")
    op.drop_index("ix_tenants_usage_rank", "tenants")
    op.drop_column("tenants", "usage_rank")
