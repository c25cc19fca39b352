"""Tenants, accounts, sessions, keys and the history."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    size = "length(CAST(meta_data AS BLOB))" if sqlite else "octet_length(meta_data)"
    op.create_table(
        "audit_entries",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=True),
        sa.Column("tenant_version", sa.BigInteger(), nullable=True),
        sa.Column("actor_type", sa.String(length=10), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=True),
        sa.Column("actor_role", sa.String(length=20), nullable=True),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("request", sa.String(length=64), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("length(hash) = 64", name=op.f("ck_audit_entries_hash_limits")),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_audit_entries_seq_positive")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entries")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_entries_hash")),
        sa.UniqueConstraint("id", name=op.f("uq_audit_entries_id")),
        sa.UniqueConstraint(
            "tenant_id", "tenant_version", name=op.f("uq_audit_entries_tenant_id_tenant_version")
        ),
    )
    op.create_index("ix_audit_entries_action_seq", "audit_entries", ["action", "seq"], unique=False)
    op.create_index(
        "ix_audit_entries_actor_seq", "audit_entries", ["actor_id", "seq"], unique=False
    )
    op.create_index("ix_audit_entries_at", "audit_entries", ["at"], unique=False)
    op.create_index("ix_audit_entries_request", "audit_entries", ["request"], unique=False)
    op.create_index(
        "ix_audit_entries_tenant_seq", "audit_entries", ["tenant_id", "seq"], unique=False
    )
    op.create_table(
        "encryption_keys",
        sa.Column("kid", sa.String(length=32), nullable=False),
        sa.Column("canary", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "substr(canary, 1, 3) = 'e1.'", name=op.f("ck_encryption_keys_canary_limits")
        ),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_encryption_keys")),
    )
    op.create_table(
        "audit_fields",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("field", sa.String(length=60), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["seq"], ["audit_entries.seq"], name=op.f("fk_audit_fields_seq")),
        sa.PrimaryKeyConstraint("seq", "field", name=op.f("pk_audit_fields")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_audit_fields_field_seq", "audit_fields", ["field", "seq"], unique=False)
    op.create_index(
        "ix_audit_fields_tenant_field_seq",
        "audit_fields",
        ["tenant_id", "field", "seq"],
        unique=False,
    )
    op.create_table(
        "audit_sealed",
        sa.Column("entry", sa.Uuid(), nullable=False),
        sa.Column("field", sa.String(length=60), nullable=False),
        sa.Column("side", sa.String(length=3), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.CheckConstraint("side IN ('old', 'new')", name=op.f("ck_audit_sealed_side_limits")),
        sa.CheckConstraint(
            "substr(value, 1, 3) = 'e1.'", name=op.f("ck_audit_sealed_value_limits")
        ),
        sa.ForeignKeyConstraint(
            ["entry"], ["audit_entries.id"], name=op.f("fk_audit_sealed_entry")
        ),
        sa.PrimaryKeyConstraint("entry", "field", "side", name=op.f("pk_audit_sealed")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tenants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "name_key", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("status", sa.String(length=20), server_default="active", nullable=False),
        sa.Column("blocked_services", sa.Text(), server_default="[]", nullable=False),
        sa.Column("billing_plan", sa.String(length=100), server_default="starter", nullable=False),
        sa.Column(
            "max_concurrent_calls", sa.Integer(), server_default=sa.text("10"), nullable=False
        ),
        sa.Column(
            "monthly_call_limit", sa.BigInteger(), server_default=sa.text("1000"), nullable=False
        ),
        sa.Column("sip_enabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("sip_domain", sa.Text(), nullable=True),
        sa.Column("sip_domain_index", sa.String(length=128), nullable=True),
        sa.Column("sip_username", sa.Text(), nullable=True),
        sa.Column("sip_username_index", sa.String(length=128), nullable=True),
        sa.Column("sip_password", sa.Text(), nullable=True),
        sa.Column("recording_enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("analytics_enabled", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("recording_format", sa.String(length=10), server_default="mp4", nullable=False),
        sa.Column("retention_days", sa.Integer(), server_default=sa.text("90"), nullable=False),
        sa.Column("hipaa_enabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("pci_enabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column(
            "data_encryption_enabled", sa.Boolean(), server_default=sa.true(), nullable=False
        ),
        sa.Column("webhook_url", sa.Text(), nullable=True),
        sa.Column(
            "webhook_timeout_seconds", sa.Integer(), server_default=sa.text("20"), nullable=False
        ),
        sa.Column("webhook_secret", sa.Text(), nullable=True),
        sa.Column("meta_data", sa.Text(), server_default="{}", nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("onboarded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(status = 'suspended') = (blocked_services <> '[]')",
            name=op.f("ck_tenants_blocked_services_status"),
        ),
        sa.CheckConstraint(
            "recording_format IN ('mp4', 'mp3', 'wav', 'ogg')",
            name=op.f("ck_tenants_recording_format_limits"),
        ),
        sa.CheckConstraint(
            "substr(sip_domain, 1, 3) = 'e1.'", name=op.f("ck_tenants_sip_domain_limits")
        ),
        sa.CheckConstraint(
            "substr(sip_password, 1, 3) = 'e1.'", name=op.f("ck_tenants_sip_password_limits")
        ),
        sa.CheckConstraint(
            "substr(sip_username, 1, 3) = 'e1.'", name=op.f("ck_tenants_sip_username_limits")
        ),
        sa.CheckConstraint(
            "status IN ('active', 'inactive', 'suspended', 'blocked')",
            name=op.f("ck_tenants_status_limits"),
        ),
        sa.CheckConstraint(
            "substr(webhook_secret, 1, 3) = 'e1.'", name=op.f("ck_tenants_webhook_secret_limits")
        ),
        sa.CheckConstraint(
            "substr(webhook_url, 1, 3) = 'e1.'", name=op.f("ck_tenants_webhook_url_limits")
        ),
        sa.CheckConstraint(
            "NOT sip_enabled OR (sip_domain IS NOT NULL AND sip_username IS NOT NULL AND sip_password IS NOT NULL)",
            name=op.f("ck_tenants_sip_needs"),
        ),
        sa.CheckConstraint(
            'blocked_services IN (\'[]\', \'["agents"]\', \'["analytics"]\', \'["calls"]\', \'["recordings"]\', \'["sip"]\', \'["agents","analytics"]\', \'["agents","calls"]\', \'["agents","recordings"]\', \'["agents","sip"]\', \'["analytics","calls"]\', \'["analytics","recordings"]\', \'["analytics","sip"]\', \'["calls","recordings"]\', \'["calls","sip"]\', \'["recordings","sip"]\', \'["agents","analytics","calls"]\', \'["agents","analytics","recordings"]\', \'["agents","analytics","sip"]\', \'["agents","calls","recordings"]\', \'["agents","calls","sip"]\', \'["agents","recordings","sip"]\', \'["analytics","calls","recordings"]\', \'["analytics","calls","sip"]\', \'["analytics","recordings","sip"]\', \'["calls","recordings","sip"]\', \'["agents","analytics","calls","recordings"]\', \'["agents","analytics","calls","sip"]\', \'["agents","analytics","recordings","sip"]\', \'["agents","calls","recordings","sip"]\', \'["analytics","calls","recordings","sip"]\', \'["agents","analytics","calls","recordings","sip"]\')',
            name=op.f("ck_tenants_blocked_services_limits"),
        ),
        sa.CheckConstraint(
            "data_encryption_enabled OR NOT (hipaa_enabled OR pci_enabled)",
            name=op.f("ck_tenants_encryption_needed"),
        ),
        sa.CheckConstraint(f"{size} <= 16384", name=op.f("ck_tenants_meta_data_limits")),
        *(tenant_types_sqlite() if sqlite else []),
        sa.CheckConstraint(
            "length(billing_plan) BETWEEN 1 AND 100", name=op.f("ck_tenants_billing_plan_limits")
        ),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 255", name=op.f("ck_tenants_name_limits")),
        sa.CheckConstraint(
            "max_concurrent_calls BETWEEN 1 AND 1000",
            name=op.f("ck_tenants_max_concurrent_calls_limits"),
        ),
        sa.CheckConstraint(
            "monthly_call_limit BETWEEN 0 AND 9007199254740991",
            name=op.f("ck_tenants_monthly_call_limit_limits"),
        ),
        sa.CheckConstraint(
            "retention_days BETWEEN 1 AND 3650", name=op.f("ck_tenants_retention_days_limits")
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_tenants_version_positive")),
        sa.CheckConstraint(
            "webhook_timeout_seconds BETWEEN 1 AND 60",
            name=op.f("ck_tenants_webhook_timeout_seconds_limits"),
        ),
        sa.ForeignKeyConstraint(
            ["id", "version"],
            ["audit_entries.tenant_id", "audit_entries.tenant_version"],
            name="fk_tenants_id_version",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_tenants_created_at", "tenants", ["created_at", "id"], unique=False)
    op.create_index("ix_tenants_name_key", "tenants", ["name_key", "id"], unique=False)
    op.create_index(
        op.f("ix_tenants_sip_domain_index"), "tenants", ["sip_domain_index"], unique=False
    )
    op.create_index(
        op.f("ix_tenants_sip_username_index"), "tenants", ["sip_username_index"], unique=False
    )
    op.create_index(
        "ix_tenants_status_created", "tenants", ["status", "created_at", "id"], unique=False
    )
    op.create_index("ix_tenants_status_name", "tenants", ["status", "name_key", "id"], unique=False)
    op.create_index(
        "ix_tenants_status_updated", "tenants", ["status", "updated_at", "id"], unique=False
    )
    op.create_index("ix_tenants_updated_at", "tenants", ["updated_at", "id"], unique=False)
    op.create_table(
        "tenant_usage",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("usage_cents", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("calls", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("minutes", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("length(month) = 7", name=op.f("ck_tenant_usage_month_limits")),
        sa.CheckConstraint(
            "usage_cents >= 0 AND calls >= 0 AND minutes >= 0",
            name=op.f("ck_tenant_usage_positive"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_tenant_usage_tenant_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "month", name=op.f("pk_tenant_usage")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.String(length=50), nullable=False),
        sa.Column(
            "username_key",
            sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column(
            "email_key",
            sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(role = 'owner') = (tenant_id IS NOT NULL)", name=op.f("ck_users_owner_tenant")
        ),
        sa.CheckConstraint(
            "role IN ('support', 'admin', 'auditor', 'owner')", name=op.f("ck_users_role_limits")
        ),
        sa.CheckConstraint(
            "length(username) BETWEEN 3 AND 50", name=op.f("ck_users_username_limits")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_users_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("username_key", name=op.f("uq_users_username_key")),
    )
    op.create_index("ix_users_email_key", "users", ["email_key"], unique=False)
    op.create_index("ix_users_tenant_id", "users", ["tenant_id"], unique=False)
    op.create_table(
        "drafts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("form", sa.String(length=100), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("substr(content, 1, 3) = 'e1.'", name=op.f("ck_drafts_content_limits")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_drafts_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
        sa.UniqueConstraint("user_id", "form", name=op.f("uq_drafts_user_id_form")),
    )
    op.create_table(
        "submissions",
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("result", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_submissions_user_id")),
        sa.PrimaryKeyConstraint("mark", "user_id", name=op.f("pk_submissions")),
    )
    op.create_table(
        "user_sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_user_sessions_user_id")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_user_sessions")),
    )
    op.create_index(op.f("ix_user_sessions_user_id"), "user_sessions", ["user_id"], unique=False)

    if sqlite:
        create_name_search_sqlite()
    else:
        create_name_search_postgresql()


def tenant_types_sqlite() -> list[sa.CheckConstraint]:
    """What PostgreSQL's column types refuse by themselves."""
    whole = (
        "max_concurrent_calls",
        "monthly_call_limit",
        "retention_days",
        "webhook_timeout_seconds",
    )
    switches = (
        "sip_enabled",
        "recording_enabled",
        "analytics_enabled",
        "hipaa_enabled",
        "pci_enabled",
        "data_encryption_enabled",
    )
    checks = {name: f"typeof({name}) = 'integer'" for name in whole}
    checks |= {name: f"{name} IN (0, 1)" for name in switches}
    return [
        sa.CheckConstraint(sql, name=op.f(f"ck_tenants_{name}_type"))
        for name, sql in checks.items()
    ]


def create_name_search_sqlite() -> None:
    # The names stand once more under a row id of their own, because VACUUM may renumber
    # the rows of a table whose key is not an INTEGER.
    op.execute(
        "CREATE TABLE tenant_names (row INTEGER PRIMARY KEY,"
        " tenant_id CHAR(32) NOT NULL UNIQUE REFERENCES tenants (id), name_key TEXT NOT NULL)"
    )
    op.execute(
        "CREATE VIRTUAL TABLE tenant_names_trigram USING fts5 (name_key,"
        " content = 'tenant_names', content_rowid = 'row', tokenize = 'trigram')"
    )


def create_name_search_postgresql() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.create_index(
        "ix_tenants_name_trigram",
        "tenants",
        ["name_key"],
        postgresql_using="gin",
        postgresql_ops={"name_key": "gin_trgm_ops"},
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE tenant_names_trigram")
        op.execute("DROP TABLE tenant_names")
    op.drop_table("user_sessions")
    op.drop_table("submissions")
    op.drop_table("drafts")
    op.drop_table("users")
    op.drop_table("tenant_usage")
    op.drop_table("tenants")
    op.drop_table("audit_sealed")
    op.drop_table("audit_fields")
    op.drop_table("encryption_keys")
    op.drop_table("audit_entries")
