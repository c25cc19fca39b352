"""Names are found without the strokes of their letters as well: "Łódź" by "lodz"."""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

from webui.values import name_key, search_key

revision = "0018"
down_revision = "0017"

BATCH = 10_000


def upgrade() -> None:
    make_keys(name_key)


def downgrade() -> None:
    make_keys(search_key)


def make_keys(key_of: Callable[[str], str]) -> None:
    """Gives every name its key. Triggers are off meanwhile: SQLite's search follows by hand."""
    connection, sqlite = op.get_bind(), op.get_context().dialect.name == "sqlite"
    tenants = sa.table("tenants", *map(sa.column, ("id", "name", "name_key")))
    batch = sa.select(tenants).order_by(tenants.c.id).limit(BATCH)
    updates = ["UPDATE tenants SET name_key = :key WHERE id = :id"]
    if sqlite:
        updates.append("UPDATE tenant_names SET name_key = :key WHERE tenant_id = :id")
    rows = connection.execute(batch).all()
    while rows:
        keys = [(row, key_of(row.name)) for row in rows]
        changed = [{"id": row.id, "key": key} for row, key in keys if key != row.name_key]
        for update in updates if changed else ():
            connection.execute(sa.text(update), changed)
        rows = connection.execute(batch.where(tenants.c.id > rows[-1].id)).all()
    if sqlite:
        op.execute("INSERT INTO tenant_names_trigram (tenant_names_trigram) VALUES ('rebuild')")
