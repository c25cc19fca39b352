"""What somebody can do who writes any row and appends entries, but has no key."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, select, update

from tests import tampering
from webui.core.extensions import db
from webui.history.record import chain, log
from webui.models import AuditEntry, Authenticator, Passkey, Tenant, User

USERS, TENANTS, AUTHENTICATORS, PASSKEYS = (
    db.metadata.tables[model.__tablename__] for model in (User, Tenant, Authenticator, Passkey)
)


def row_of(table: Any, row_id: UUID) -> dict[str, Any]:
    """A copy of a row, as somebody keeps it."""
    with db.engine.connect() as connection:
        return dict(connection.execute(select(table).where(table.c.id == row_id)).mappings().one())


def put(connection: Connection, table: Any, row_id: UUID, **values: Any) -> None:
    """Writes columns of a row."""
    connection.execute(update(table).where(table.c.id == row_id).values(**values))


def add(connection: Connection, table: Any, like: dict[str, Any], **values: Any) -> None:
    """Adds a row like another one."""
    connection.execute(insert(table).values(**{**like, **values}))


def append_entry(connection: Connection, entry: UUID | None = None, **changed: Any) -> UUID:
    """Appends an entry like the newest one, well-formed and chained; its id."""
    newest = select(AuditEntry.seq).order_by(AuditEntry.seq.desc()).limit(1)
    body = tampering.body_of(connection, connection.execute(newest).scalar_one())
    head = log.Head(body["seq"], chain.digest(chain.canonical(body)), None)
    place = log.chain_place(head, entry or uuid4(), datetime.fromisoformat(body["at"]))
    tampering.put(connection, {**body, **place, **changed})
    return UUID(place["id"])
