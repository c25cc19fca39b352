"""Keys can be retired; values under a key are counted by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

COLUMNS = {
    "tenants": (
        (
            *("sip_domain", "sip_username", "sip_password"),
            *("webhook_url", "webhook_secret", "webhook_secret_previous"),
        ),
        ("id",),
    ),
    "audit_sealed": (("value",), ("entry", "field", "side")),
}


def upgrade() -> None:
    op.add_column(
        "encryption_keys", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True)
    )
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table, (columns, key) in COLUMNS.items():
        for column in columns:
            kid = (
                f"substr({column}, 4, instr(substr({column}, 4), '.') - 1)"
                if sqlite
                else f"split_part({column}, '.', 2)"
            )
            op.create_index(f"ix_{table}_{column}_kid", table, [sa.text(kid), *key])


def downgrade() -> None:
    for table, (columns, _) in COLUMNS.items():
        for column in columns:
            op.drop_index(f"ix_{table}_{column}_kid", table)
    op.drop_column("encryption_keys", "retired_at")
