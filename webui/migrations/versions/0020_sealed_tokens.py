"""Keyed hashes and seals of sessions, links and recovery codes; marks bound to their form.

Open sessions and links end: nobody noted which factors they had passed, or who had issued them.
Recovery codes go on working, because the keyed hash is made of the hash that was stored so far.
"""

import sqlalchemy as sa
from alembic import op

from webui.core.extensions import secret_key
from webui.crypto import tokens
from webui.models.columns import UTCDateTime, now

revision = "0020"
down_revision = "0019"

SEALED = ("user_sessions", "account_links", "recovery_codes")
CODES = sa.table(
    "recovery_codes",
    sa.column("code_hash", sa.String),
    sa.column("user_id", sa.Uuid),
    sa.column("used_at", UTCDateTime),
    sa.column("created_at", UTCDateTime),
    sa.column("seal", sa.String),
)
BATCH = 1_000


def upgrade() -> None:
    op.add_column("user_sessions", text_column("factors", 100))
    op.add_column("user_sessions", sa.Column("reset_by", sa.String(length=50), nullable=True))
    op.add_column("account_links", sa.Column("issued_by", sa.String(length=50), nullable=True))
    op.add_column(
        "account_links",
        sa.Column("set_password", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    for table in SEALED:
        op.add_column(table, text_column("seal", 64))
    for name in ("form", "about"):
        op.add_column("submissions", text_column(name, 40))
    create_notices()
    end_all()
    rehash_codes()


def text_column(name: str, length: int) -> sa.Column:
    return sa.Column(name, sa.String(length=length), server_default=sa.text("''"), nullable=False)


def create_notices() -> None:
    op.create_table(
        "account_notices",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issuer", sa.String(length=50), nullable=True),
        sa.Column("dismissed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('authenticator added', 'authenticator removed', 'passkey added',"
            " 'passkey removed', 'recovery codes renewed', 'factors removed', 'password reset')",
            name=op.f("ck_account_notices_kind_limits"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_account_notices_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_notices")),
    )
    op.create_index("ix_account_notices_user_id", "account_notices", ["user_id"])


def end_all() -> None:
    for name in ("user_sessions", "account_links"):
        rows = sa.table(name, sa.column("ended_at", UTCDateTime))
        op.execute(rows.update().where(rows.c.ended_at.is_(None)).values(ended_at=now()))


def rehash_codes() -> None:
    """HMAC of the SHA-256 that was stored, and the seal of the row."""
    connection = op.get_bind()
    unsealed = sa.select(CODES).where(CODES.c.seal == "").limit(BATCH)
    rows = connection.execute(unsealed).all()
    while rows:
        for row in rows:
            hashed = tokens.rehash(secret_key(), "recovery code", row.code_hash)
            facts = (hashed, row.user_id, row.used_at, row.created_at)
            seal = tokens.seal_token(secret_key(), "recovery_codes", facts)
            change = CODES.update().where(CODES.c.code_hash == row.code_hash)
            connection.execute(change.values(code_hash=hashed, seal=seal))
        rows = connection.execute(unsealed).all()


def downgrade() -> None:
    # What was a keyed hash fits no code any more.
    op.execute(CODES.delete())
    op.drop_index("ix_account_notices_user_id", "account_notices")
    op.drop_table("account_notices")
    for name in ("about", "form"):
        op.drop_column("submissions", name)
    for table in SEALED:
        op.drop_column(table, "seal")
    op.drop_column("account_links", "set_password")
    op.drop_column("account_links", "issued_by")
    op.drop_column("user_sessions", "reset_by")
    op.drop_column("user_sessions", "factors")
