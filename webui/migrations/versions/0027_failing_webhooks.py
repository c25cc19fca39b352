"""Since when a webhook fails, and the deliveries that did not arrive, along an index."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

FAILING = sa.text("failing_since IS NOT NULL")
UNDELIVERED = sa.text("state IN ('failed', 'cancelled')")
# The first failed attempt of each tenant after the last one that arrived.
FILL = """
INSERT INTO webhook_turns (tenant_id, failing_since)
SELECT d.tenant_id, MIN(a.tried_at)
FROM webhook_deliveries d JOIN webhook_attempts a ON a.delivery_id = d.id
WHERE (a.status IS NULL OR a.status < 200 OR a.status >= 300)
AND a.tried_at > COALESCE(
    (SELECT MAX(o.tried_at) FROM webhook_deliveries o
     WHERE o.tenant_id = d.tenant_id AND o.state = 'delivered'), '0001-01-01 00:00:00'
)
GROUP BY d.tenant_id
ON CONFLICT (tenant_id) DO UPDATE SET failing_since = excluded.failing_since
"""


def upgrade() -> None:
    op.add_column(
        "webhook_turns", sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True)
    )
    op.execute(FILL)
    op.create_index(
        "ix_webhook_turns_failing",
        "webhook_turns",
        ["tenant_id"],
        sqlite_where=FAILING,
        postgresql_where=FAILING,
    )
    op.create_index(
        "ix_webhook_deliveries_undelivered",
        "webhook_deliveries",
        ["tenant_id", "created_at"],
        sqlite_where=UNDELIVERED,
        postgresql_where=UNDELIVERED,
    )


def downgrade() -> None:
    op.drop_index("ix_webhook_deliveries_undelivered", "webhook_deliveries")
    op.drop_index("ix_webhook_turns_failing", "webhook_turns")
    op.drop_column("webhook_turns", "failing_since")
