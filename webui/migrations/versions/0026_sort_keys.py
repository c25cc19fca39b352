"""Names sort as people count, and are found however they are typed.

Every key is made again, by the rules of now or, on the way down, by those of the revision before.
Of the accounts, only e-mail addresses with typographic signs get another key; those accounts are
sealed again, if they match their seal.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from alembic import op
from flask import current_app

from webui import values
from webui.core.extensions import db, keyring
from webui.crypto.keyring import KeyMissing
from webui.models import User
from webui.models.seals import user_seals

revision = "0026"
down_revision = "0025"

BATCH = 10_000
LANE: list[Any] = ["billing_plan", "status", sa.text("COALESCE(onboarded_at IS NULL, false)")]
LANES, ROLES = "ix_tenants_lanes_name", "ix_users_role_username"
STATES = {"disabled": ("NOT active", "active = 0"), "invited": ("password_hash = '*'",) * 2}
UNCOMMON = r"reason ~ '[^\x01-\x7f]'"
Key = Callable[[str], str]
Words = Callable[[str], list[str]]


def upgrade() -> None:
    drop_indexes()
    op.add_column("tenants", sort_column("name_sort"))
    op.add_column("users", sort_column("username_sort"))
    make_name_keys(values.name_key, values.sort_key)
    make_account_keys(values.account_key, values.sort_key)
    make_words(search_words_before, values.search_words)
    settle()
    op.create_index("ix_tenants_name_sort", "tenants", ["name_sort", "id", "name_key"])
    op.create_index(LANES, "tenants", [*LANE, "name_sort", "id", "name_key", "onboarded_at"])
    op.create_index("ix_users_username_sort", "users", ["username_sort"])
    create_user_indexes("username_sort")


def downgrade() -> None:
    op.drop_index("ix_tenants_name_sort", "tenants")
    op.drop_index("ix_users_username_sort", "users")
    drop_indexes()
    make_name_keys(name_key_before)
    make_account_keys(str.casefold)
    make_words(values.search_words, search_words_before)
    settle()
    op.drop_column("tenants", "name_sort")
    op.drop_column("users", "username_sort")
    op.create_index(LANES, "tenants", [*LANE, "name_key", "id", "onboarded_at"])
    create_user_indexes("username_key")


def settle() -> None:
    """PostgreSQL alters no table whose deferred checks wait for the end of the transaction."""
    if not is_sqlite():
        op.execute("SET CONSTRAINTS ALL IMMEDIATE")
        op.execute("SET CONSTRAINTS ALL DEFERRED")


def is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def sort_column(name: str) -> sa.Column:
    kind = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    return sa.Column(name, kind, server_default="", nullable=False)


def drop_indexes() -> None:
    op.drop_index(LANES, "tenants")
    for name in (ROLES, *(f"ix_users_{state}" for state in STATES)):
        op.drop_index(name, "users")


def create_user_indexes(column: str) -> None:
    op.create_index(ROLES, "users", ["role", column])
    for state, (where, on_sqlite) in STATES.items():
        conditions: dict[str, Any] = {
            "postgresql_where": sa.text(where),
            "sqlite_where": sa.text(on_sqlite),
        }
        op.create_index(f"ix_users_{state}", "users", [column], **conditions)


def make_name_keys(key_of: Key, sort_of: Key | None = None) -> None:
    """Triggers are off meanwhile: the search table of SQLite follows by hand."""
    connection, stale = op.get_bind(), False
    set_key = sa.text("UPDATE tenants SET name_key = :key WHERE id = :id")
    set_both = sa.text("UPDATE tenants SET name_key = :key, name_sort = :sort WHERE id = :id")
    searched = sa.text("UPDATE tenant_names SET name_key = :key WHERE tenant_id = :id")
    for rows in batches("tenants", "id", "name", "name_key"):
        made = [(row, key_of(row.name)) for row in rows]
        changed = [{"id": row.id, "key": key} for row, key in made if key != row.name_key]
        if sort_of:
            both = [{"id": row.id, "key": key, "sort": sort_of(key)} for row, key in made]
            connection.execute(set_both, both)
        elif changed:
            connection.execute(set_key, changed)
        if changed and is_sqlite():
            connection.execute(searched, changed)
            stale = True
    if stale:
        op.execute("INSERT INTO tenant_names_trigram (tenant_names_trigram) VALUES ('rebuild')")


def make_account_keys(email_key: Key, sort_of: Key | None = None) -> None:
    connection = op.get_bind()
    set_sort = sa.text("UPDATE users SET username_sort = :sort WHERE id = :id")
    for rows in batches("users", "id", "username_key", "email", "email_key"):
        if sort_of:
            sorts = [{"id": row.id, "sort": sort_of(row.username_key)} for row in rows]
            connection.execute(set_sort, sorts)
        for row in rows:
            key = email_key(row.email)
            if key != row.email_key:
                change_email_key(connection, row.email_key, key)


def change_email_key(connection: sa.Connection, old: str, key: str) -> None:
    table = db.metadata.tables[User.__tablename__]
    if "keyring" not in current_app.extensions:
        raise KeyMissing("the database has accounts to seal again: restore the key ring first")
    query = sa.select(table.c.id, *user_seals.COLUMNS).where(table.c.email_key == old)
    for row in connection.execute(query).all():
        fresh = {"email_key": key}
        if user_seals.mismatch(row.id, row, row.seal_entry) is None:
            to_be = SimpleNamespace(**{**row._mapping, **fresh})
            fresh["seal"] = user_seals.user_seal(keyring(), row.id, to_be)
        connection.execute(sa.update(table).where(table.c.id == row.id).values(fresh))


def make_words(before: Words, now: Words) -> None:
    """Only reasons with characters outside ASCII have other words than before."""
    connection, after = op.get_bind(), 0
    uncommon = "reason GLOB '*[^' || char(1) || '-~]*'"
    batch = sa.text(
        "SELECT seq, reason FROM audit_entries WHERE seq > :after"  # noqa: S608
        f" AND {uncommon if is_sqlite() else UNCOMMON} ORDER BY seq LIMIT :size"
    )
    delete = sa.text("DELETE FROM audit_words WHERE word = :word AND seq = :seq")
    insert = sa.text(
        "INSERT INTO audit_words (word, seq) VALUES (:word, :seq) ON CONFLICT DO NOTHING"
    )
    while rows := connection.execute(batch, {"after": after, "size": BATCH}).all():
        after = rows[-1].seq
        words = [(seq, set(before(why)), set(now(why))) for seq, why in rows]
        gone = [{"word": w, "seq": seq} for seq, old, new in words for w in old - new]
        made = [{"word": w, "seq": seq} for seq, old, new in words for w in new - old]
        for change, changed in ((delete, gone), (insert, made)):
            if changed:
                connection.execute(change, changed)


def batches(table: str, *names: str) -> Iterator[list[Any]]:
    """All rows by id, a part at a time."""
    columns = sa.table(table, *map(sa.column, names)).c
    query = sa.select(*columns).order_by(columns.id).limit(BATCH)
    rows = list(op.get_bind().execute(query))
    while rows:
        yield rows
        rows = list(op.get_bind().execute(query.where(columns.id > rows[-1].id)))


# The rules of the revision before.
PLAIN_LETTERS = str.maketrans(
    {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t"}
    | {"æ": "ae", "œ": "oe", "þ": "th"}
)


def search_key_before(value: str) -> str:
    decomposed = unicodedata.normalize("NFKD", value.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold().strip()


def name_key_before(value: str) -> str:
    return search_key_before(value).translate(PLAIN_LETTERS)


def search_words_before(value: str) -> list[str]:
    return re.findall(r"([^\W_]{1,60})[^\W_]*", search_key_before(value))
