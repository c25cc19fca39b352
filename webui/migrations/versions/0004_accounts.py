"""The account an entry is about, and indexes for the list of accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

INVITED = "password_hash = '*'"


def upgrade() -> None:
    op.add_column("audit_entries", sa.Column("subject_id", sa.Uuid(), nullable=True))
    fill_subjects()
    op.create_index("ix_audit_entries_subject_seq", "audit_entries", ["subject_id", "seq"])
    op.create_index("ix_users_role_username", "users", ["role", "username_key"])
    for name, sqlite, postgresql in (
        ("ix_users_disabled", "active = 0", "NOT active"),
        ("ix_users_invited", INVITED, INVITED),
    ):
        op.create_index(
            name,
            "users",
            ["username_key"],
            sqlite_where=sa.text(sqlite),
            postgresql_where=sa.text(postgresql),
        )


def fill_subjects() -> None:
    """An extract of the text that every entry has had all along."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "UPDATE audit_entries SET subject_id ="
            " replace(json_extract(body, '$.changes.user[1]'), '-', '')"
            " WHERE seq IN (SELECT seq FROM audit_fields WHERE field = 'user')"
        )
    else:
        op.execute(
            "UPDATE audit_entries SET subject_id ="
            " CAST(CAST(body AS jsonb) #>> '{changes,user,1}' AS uuid)"
            " WHERE seq IN (SELECT seq FROM audit_fields WHERE field = 'user')"
        )


def downgrade() -> None:
    for name in ("ix_users_invited", "ix_users_disabled", "ix_users_role_username"):
        op.drop_index(name, "users")
    op.drop_index("ix_audit_entries_subject_seq", "audit_entries")
    op.drop_column("audit_entries", "subject_id")
