"""Finds every account and tenant that does not match its seal, for ``audit verify``.

Needs the key ring. Reads in batches by primary key, so memory does not grow with the number
of rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Connection, Select, func, select

from webui.core.extensions import Base
from webui.crypto.keyring import KeyMissing
from webui.models.audit import AuditEntry
from webui.models.factors import Authenticator, Passkey
from webui.models.seals import user_seals
from webui.models.tenant import tenant_seals
from webui.models.tenant.tenant import Tenant
from webui.models.user import User

BATCH = 1_000
"""Rows in memory at once."""
Factors = dict[UUID, dict[UUID, tuple[str, ...]]]
_USERS, _TENANTS, _ENTRIES, _AUTHENTICATORS, _PASSKEYS = (
    Base.metadata.tables[model.__tablename__]
    for model in (User, Tenant, AuditEntry, Authenticator, Passkey)
)


@dataclass(frozen=True)
class Problem:
    """A row that does not match its seal: its table, its id, and the reason in words."""

    table: str
    row_id: UUID
    words: str

    def __str__(self) -> str:
        return f"{self.table} {self.row_id} does not match its seal: {self.words}"


def broken_seals(connection: Connection) -> Iterator[Problem]:
    """Yields every account and tenant written, copied or rolled back outside the product."""
    yield from _broken_users(connection)
    yield from _broken_tenants(connection)


def _broken_users(connection: Connection) -> Iterator[Problem]:
    newest = user_seals.newest_sealing(_USERS.c.id).label("newest")
    for rows in _batches(connection, select(_USERS.c.id, *user_seals.COLUMNS, newest), _USERS.c.id):
        factors = _factors(connection, [row.id for row in rows])
        for row in rows:
            found = user_seals.mismatch(row.id, row, row.newest)
            digest = user_seals.factors_digest(factors.get(row.id, {}))
            if found is None and digest != row.factors_digest:
                found = user_seals.FACTORS_DIFFER
            if found is not None:
                yield Problem(_USERS.name, row.id, found)


def _factors(connection: Connection, ids: list[UUID]) -> Factors:
    """Returns account id -> its second factors."""
    found: Factors = {}
    queries = (
        (_AUTHENTICATORS, [_AUTHENTICATORS.c.id]),
        (_PASSKEYS, [_PASSKEYS.c.id, _PASSKEYS.c.credential_id, _PASSKEYS.c.public_key]),
    )
    for table, columns in queries:
        query = select(table.c.user_id, *columns).where(table.c.user_id.in_(ids))
        for user_id, *factor in connection.execute(query):
            found.setdefault(user_id, {})[factor[0]] = tuple(map(str, factor))
    return found


def _broken_tenants(connection: Connection) -> Iterator[Problem]:
    newest = (
        select(func.max(_ENTRIES.c.tenant_version))
        .where(_ENTRIES.c.tenant_id == _TENANTS.c.id)
        .scalar_subquery()
        .label("newest")
    )
    query = select(*tenant_seals.columns(_TENANTS), newest)
    for rows in _batches(connection, query, _TENANTS.c.id):
        for row in rows:
            words = _tenant_fault(row)
            if words is not None:
                yield Problem(_TENANTS.name, row.id, words)


def _tenant_fault(row: Any) -> str | None:
    if row.version != row.newest:
        return user_seals.ROLLED_BACK
    try:
        broken = tenant_seals.names() - tenant_seals.matching(row)
    except KeyMissing:
        return user_seals.KEY_LOST
    return f"changed outside the console: {', '.join(sorted(broken))}" if broken else None


def _batches(connection: Connection, query: Select[Any], key: Column[UUID]) -> Iterator[list[Any]]:
    query = query.order_by(key).limit(BATCH)
    rows = list(connection.execute(query))
    while rows:
        yield rows
        rows = list(connection.execute(query.where(key > rows[-1].id)))
