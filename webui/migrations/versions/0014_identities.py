"""One index answers for a SIP domain, and for a user at it."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.drop_index("ix_tenants_sip_domain_index", "tenants")
    op.create_index(
        "ix_tenants_sip_identity", "tenants", ["sip_domain_index", "sip_username_index"]
    )


def downgrade() -> None:
    op.drop_index("ix_tenants_sip_identity", "tenants")
    op.create_index("ix_tenants_sip_domain_index", "tenants", ["sip_domain_index"])
