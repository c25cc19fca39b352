"""Rows of tenants: several changes of a tenant in a transaction become one statement.

Database triggers require that a tenant starts at version 1 and that each update adds one
(models/triggers), so the missing versions are added by updates that change nothing else.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, insert, select, update

from webui.core.extensions import db, keyring
from webui.crypto import blind_index, fields
from webui.crypto.keyring import KeyRing
from webui.demo.stories.story import Step
from webui.models import Tenant
from webui.models.columns import Audited, Encrypted
from webui.models.tenant import tenant_seals
from webui.models.tenant.tenant import audit_kind
from webui.values import name_key, sort_key

# Ids per statement; SQLite allows far more parameters.
_AT_ONCE = 1_000
Row = dict[str, Any]
_TABLE = db.metadata.tables[Tenant.__tablename__]
_EMPTY: Row = dict.fromkeys(column.name for column in _TABLE.columns)


class TenantRows:
    """The tenants that a transaction creates and changes."""

    def __init__(self) -> None:
        self._ring = keyring()
        self._new: dict[UUID, Row] = {}
        self._changed: dict[UUID, Row] = {}
        self._raises: list[Row] = []

    def apply(self, step: Step, at: datetime) -> None:
        """Adds a step that changes a tenant."""
        assert step.tenant
        row = self._columns(step) | {"updated_at": at}
        if step.version == 1:
            self._new[step.tenant] = (
                _EMPTY | row | {"id": step.tenant, "version": 1, "created_at": at}
            )
            return
        if known := self._new.get(step.tenant) or self._changed.get(step.tenant):
            known |= row
            self._raises.append({"row": step.tenant})
        else:
            self._changed[step.tenant] = row

    def _columns(self, step: Step) -> Row:
        row: Row = {}
        for name, (_, new) in step.changes.items():
            if audit_kind(name) is Audited.PLAIN:
                row[name] = new
            else:
                row |= _sealed(self._ring, name, new, str(step.tenant))
        if "name" in row:
            row["name_key"] = name_key(row["name"])
            row["name_sort"] = sort_key(row["name_key"])
        return row

    def write(self, connection: Connection) -> None:
        """Writes the rows; each version is then the number of the tenant's entries."""
        vouched = {row.id: tenant_seals.matching(row) for row in _stored(connection, self._changed)}
        if self._new:
            connection.execute(insert(_TABLE), list(self._new.values()))
        alike: dict[frozenset[str], list[Row]] = defaultdict(list)
        for tenant, row in self._changed.items():
            alike[frozenset(row)].append(row | {"row": tenant})
        for names, rows in alike.items():
            _raise_version(connection, sorted(names), rows)
        _raise_version(connection, [], self._raises)
        self._seal(connection, vouched)

    def _seal(self, connection: Connection, vouched: dict[UUID, set[str]]) -> None:
        """Seals the rows as they are now; ``vouched`` has the fields whose old seal matched."""
        for tenant, row in self._changed.items():
            vouched[tenant] |= tenant_seals.names() & row.keys()
        names, ids = tenant_seals.names(), [*self._new, *self._changed]
        sealed = [
            {
                "row": row.id,
                "seal": tenant_seals.tenant_seal(
                    self._ring, row, row.version, vouched.get(row.id, names)
                ),
            }
            for row in _stored(connection, ids)
        ]
        if sealed:
            statement = update(_TABLE).where(_TABLE.c.id == bindparam("row"))
            connection.execute(statement.values(seal=bindparam("seal")), sealed)


def _sealed(ring: KeyRing, name: str, value: str | None, row: str) -> Row:
    """Returns the columns of an encrypted field, as models.columns.Encrypted sets them."""
    result: Row = {name: value and fields.seal(ring, value, _TABLE.name, name, row)}
    attribute: Encrypted = getattr(Tenant, name)
    if attribute.index:
        result[attribute.index] = value and blind_index.index(
            ring, attribute.key(value), _TABLE.name, name
        )
    return result


def _stored(connection: Connection, ids: Iterable[UUID]) -> list[Any]:
    """Returns the stored columns that the seals of some tenants cover."""
    query = select(*tenant_seals.columns(_TABLE)).where(
        _TABLE.c.id.in_(bindparam("ids", expanding=True))
    )
    rows: list[Any] = []
    wanted = list(ids)
    for at in range(0, len(wanted), _AT_ONCE):
        rows += connection.execute(query, {"ids": wanted[at : at + _AT_ONCE]})
    return rows


def _raise_version(connection: Connection, names: list[str], rows: list[Row]) -> None:
    if rows:
        statement = (
            update(_TABLE)
            .where(_TABLE.c.id == bindparam("row"))
            .values(version=_TABLE.c.version + 1, **{name: bindparam(name) for name in names})
        )
        connection.execute(statement, rows)
