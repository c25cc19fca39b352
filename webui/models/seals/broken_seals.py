"""Finds every account and tenant that does not match its seal, for ``audit verify``.

Needs the key ring. Reads in batches by primary key, so memory does not grow with the number
of rows.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Connection, Select, Uuid, func, literal, select, type_coerce

from webui.core.extensions import Base
from webui.crypto.keyring import KeyMissing
from webui.models.audit import AuditEntry
from webui.models.columns import IdText
from webui.models.factors import Authenticator, Passkey
from webui.models.seals import user_seals
from webui.models.tenant import tenant_seals
from webui.models.tenant.tenant import Tenant
from webui.models.user import User

BATCH = 1_000
"""Rows in memory at once."""
Factors = dict[str, dict[str, tuple[str, ...]]]
"""Account id -> factor id -> the parts of the factor that the account's digest covers."""
_USERS, _TENANTS, _ENTRIES, _AUTHENTICATORS, _PASSKEYS = (
    Base.metadata.tables[model.__tablename__]
    for model in (User, Tenant, AuditEntry, Authenticator, Passkey)
)
_NEWEST_VERSION = (
    select(func.max(_ENTRIES.c.tenant_version))
    .where(_ENTRIES.c.tenant_id == _TENANTS.c.id)
    .scalar_subquery()
    .label("newest")
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
    return chain.from_iterable(broken_batches(connection))


def broken_batches(connection: Connection) -> Iterator[list[Problem]]:
    """Yields the same by batches of rows, most of them without a problem."""
    newest = user_seals.newest_sealing(_USERS.c.id).label("newest")
    users = select(*map(_as_text, [_USERS.c.id, *user_seals.COLUMNS, newest]))
    for rows in _batches(connection, users, _USERS.c.id):
        factors = _factors(connection, [row.id for row in rows])
        faults = ((row.id, _user_fault(row, factors.get(row.id, {}))) for row in rows)
        yield _problems(_USERS.name, faults)
    tenants = select(*map(_as_text, tenant_seals.columns(_TENANTS)), _NEWEST_VERSION)
    for rows in _batches(connection, tenants, _TENANTS.c.id):
        yield _problems(_TENANTS.name, ((row.id, _tenant_fault(row)) for row in rows))


def _problems(table: str, faults: Iterable[tuple[str, str | None]]) -> list[Problem]:
    return [Problem(table, UUID(row), words) for row, words in faults if words is not None]


def _user_fault(row: Any, factors: dict[str, tuple[str, ...]]) -> str | None:
    found = user_seals.mismatch(row.id, row, row.newest)
    if found is None and user_seals.factors_digest(factors) != row.factors_digest:
        return user_seals.FACTORS_DIFFER
    return found


def _as_text(column: Any) -> Any:
    """Returns a column, one of ids as text."""
    if not isinstance(column.type, Uuid):
        return column
    return type_coerce(column, IdText()).label(column.name)


def _factors(connection: Connection, ids: list[str]) -> Factors:
    """Returns account id -> its second factors."""
    found: Factors = {}
    queries = (
        (_AUTHENTICATORS, [_AUTHENTICATORS.c.id]),
        (_PASSKEYS, [_PASSKEYS.c.id, _PASSKEYS.c.credential_id, _PASSKEYS.c.public_key]),
    )
    for table, columns in queries:
        user = _as_text(table.c.user_id)
        query = select(*map(_as_text, [user, *columns])).where(user.element.in_(ids))
        for user_id, *factor in connection.execute(query):
            found.setdefault(user_id, {})[factor[0]] = tuple(map(str, factor))
    return found


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
        after = literal(rows[-1].id, IdText())
        rows = list(connection.execute(query.where(key > after)))
