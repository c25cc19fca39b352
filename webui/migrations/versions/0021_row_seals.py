"""Row seals of accounts and tenants, under the keys of the configuration.

What stands in the rows now is taken as true: run `audit verify` first. An account that the
history does not know gets no seal, so nobody signs in to it.
"""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from alembic import op
from flask import current_app

from webui.core.extensions import db, keyring
from webui.crypto.keyring import KeyMissing
from webui.keys.canary import check_canaries
from webui.models import Tenant, User
from webui.models.audit import SEALING
from webui.models.seals import user_seals
from webui.models.tenant import tenant_seals

revision = "0021"
down_revision = "0020"

BATCH = 1_000
USERS = (
    *("id", "username", "username_key", "email", "email_key", "password_hash", "role"),
    *("tenant_id", "active", "created_at", "updated_at", "time_zone", "theme"),
)
INDEXES = (
    ("ix_users_email_key", ["email_key"]),
    ("ix_users_tenant_id", ["tenant_id"]),
    ("ix_users_role_username", ["role", "username_key"]),
)


def upgrade() -> None:
    op.add_column("tenants", sa.Column("seal", sa.String(length=300), nullable=True))
    op.create_index(
        "ix_audit_entries_sealing_seq",
        "audit_entries",
        ["subject_id", "seq", "id"],
        sqlite_where=sa.text(SEALING),
        postgresql_where=sa.text(SEALING),
    )
    if is_sqlite():
        make_users_again([*seal_columns(), foreign_key()], sqlite_with_rowid=False)
    else:
        for column in seal_columns():
            op.add_column("users", column)
    for table in ("tenants", "users"):
        op.create_index(f"ix_{table}_seal_kid", table, [sa.text(kid_of_seal()), "id"])
    op.create_index("ix_users_seal_entry", "users", ["seal_entry"])
    seal_rows()
    if not is_sqlite():
        # Last: what waits for the end of the transaction would refuse further steps.
        op.create_foreign_key(
            *("fk_users_seal_entry", "users", "audit_entries", ["seal_entry"], ["id"]),
            deferrable=True,
            initially="DEFERRED",
        )


def foreign_key() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["seal_entry"],
        ["audit_entries.id"],
        name="fk_users_seal_entry",
        deferrable=True,
        initially="DEFERRED",
    )


def downgrade() -> None:
    for table in ("tenants", "users"):
        op.drop_index(f"ix_{table}_seal_kid", table)
    if is_sqlite():
        make_users_again([])
    else:
        op.drop_constraint("fk_users_seal_entry", "users")
        for column in ("seal", "seal_entry", "factors_digest"):
            op.drop_column("users", column)
    op.drop_index("ix_audit_entries_sealing_seq", "audit_entries")
    op.drop_column("tenants", "seal")


def is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def kid_of_seal() -> str:
    if is_sqlite():
        return "substr(seal, 4, instr(substr(seal, 4), '.') - 1)"
    return "split_part(seal, '.', 2)"


def seal_columns() -> list[sa.Column]:
    return [
        sa.Column("factors_digest", sa.String(length=64), server_default="", nullable=False),
        sa.Column("seal_entry", sa.Uuid(), nullable=True),
        sa.Column("seal", sa.String(length=100), nullable=True),
    ]


def make_users_again(more: list, **options: Any) -> None:
    """SQLite adds no deferred foreign key to a table that is there.

    Those that refer to an account are checked at the end, when all accounts are back.
    """
    op.execute("PRAGMA defer_foreign_keys = ON")
    op.execute("CREATE TABLE users_before AS SELECT * FROM users")
    op.drop_table("users")
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.String(length=50), nullable=False),
        sa.Column("username_key", sa.Text(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_zone", sa.String(length=64), server_default="UTC", nullable=False),
        sa.Column("theme", sa.String(length=10), nullable=True),
        *more,
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
        **options,
    )
    names = ", ".join(USERS)
    op.execute(f"INSERT INTO users ({names}) SELECT {names} FROM users_before")  # noqa: S608
    op.drop_table("users_before")
    for name, columns in INDEXES:
        op.create_index(name, "users", columns)
    op.create_index("ix_users_disabled", "users", ["username_key"], sqlite_where=NOT_ACTIVE)
    op.create_index("ix_users_invited", "users", ["username_key"], sqlite_where=INVITED)


NOT_ACTIVE, INVITED = sa.text("active = 0"), sa.text("password_hash = '*'")


def seal_rows() -> None:
    """Every row that is there; a database without rows needs no keys yet."""
    connection = op.get_bind()
    users = connection.execute(sa.select(User.__table__.c.id).limit(1)).first()
    tenants = connection.execute(sa.select(Tenant.__table__.c.id).limit(1)).first()
    if users or tenants:
        if "keyring" not in current_app.extensions:
            raise KeyMissing("the database has rows to seal: restore the key ring first")
        # A wrong key would make seals that nothing fits ever after.
        check_canaries(connection, keyring())
        seal_users(connection)
        seal_tenants(connection)


def seal_users(connection: sa.Connection) -> None:
    table = db.metadata.tables[User.__tablename__]
    newest = user_seals.newest_sealing(table.c.id).label("newest")
    query = sa.select(table.c.id, *user_seals.COLUMNS, newest).order_by(table.c.id).limit(BATCH)
    for rows in batches(connection, query, table.c.id):
        sealed = []
        for row in rows:
            if row.newest is not None:
                factors = user_seals.stored_factors(connection, row.id)
                facts = {
                    "factors_digest": user_seals.factors_digest(factors),
                    "seal_entry": row.newest,
                }
                to_be = SimpleNamespace(**{**row._mapping, **facts})
                seal = user_seals.user_seal(keyring(), row.id, to_be)
                sealed.append({"row": row.id, **facts, "seal": seal})
        write(connection, table, sealed)


def seal_tenants(connection: sa.Connection) -> None:
    table = db.metadata.tables[Tenant.__tablename__]
    query = sa.select(*tenant_seals.columns(table)).order_by(table.c.id).limit(BATCH)
    for rows in batches(connection, query, table.c.id):
        seals = (
            tenant_seals.tenant_seal(keyring(), row, row.version, tenant_seals.names())
            for row in rows
        )
        write(
            connection,
            table,
            [{"row": row.id, "seal": seal} for row, seal in zip(rows, seals, strict=True)],
        )


def batches(connection: sa.Connection, query: sa.Select, key: sa.Column) -> Iterator[list[Any]]:
    rows = list(connection.execute(query))
    while rows:
        yield rows
        rows = list(connection.execute(query.where(key > rows[-1].id)))


def write(connection: sa.Connection, table: sa.Table, rows: list[dict]) -> None:
    if rows:
        names = [name for name in rows[0] if name != "row"]
        update = sa.update(table).where(table.c.id == sa.bindparam("row"))
        connection.execute(update.values({name: sa.bindparam(name) for name in names}), rows)
