"""Re-encrypts one row with the primary key: value, blind index, and the row seal that covers them.

A value that does not match its row seal is not sealed again: rotation must not make a forged value
valid. The columns that an update sets are the parameters ``to_<column>``; it changes a row only if
the row is still as it was read (``key_<column>`` and ``was_<column>``).
"""

from types import SimpleNamespace
from typing import Any

from sqlalchemy import Update, bindparam, update

from webui.core.extensions import db
from webui.crypto import blind_index, fields
from webui.crypto.keyring import KeyRing
from webui.crypto.row_seal import SealBroken, seal_key_id
from webui.models import Tenant, User
from webui.models.columns import row_id
from webui.models.seals import user_seals
from webui.models.seals.sealed_columns import KeyedColumn, SealedColumn
from webui.models.tenant import tenant_seals

Parameters = dict[str, Any]
_TENANTS, _USERS = (db.metadata.tables[model.__tablename__] for model in (Tenant, User))


def columns_to_read(place: KeyedColumn) -> list[Any]:
    """Returns the columns to read: primary key, text with a key id, and what the seal covers."""
    found: list[Any] = [*place.key, place.column.label("sealed")]
    if place.table is _TENANTS:
        return [*found, *(c for c in tenant_seals.columns(_TENANTS) if c not in place.key)]
    return [*found, *user_seals.COLUMNS] if place.table is _USERS else found


def parameters(ring: KeyRing, place: KeyedColumn, row: Any) -> Parameters:
    """Returns the parameters of a row's update. Raises SecretError for an unreadable value."""
    key = row[: len(place.key)]
    same = {f"key_{c.name}": part for c, part in zip(place.key, key, strict=True)}
    was, becomes = {place.column.name: row.sealed}, _new_values(ring, place, row, row_id(key))
    if "seal" in becomes:
        was["seal"] = row.seal
    return (
        same
        | {f"was_{name}": value for name, value in was.items()}
        | {f"to_{name}": value for name, value in becomes.items()}
    )


def statement(place: KeyedColumn) -> Update:
    """Returns the UPDATE for the parameters of :func:`parameters`."""
    table, names = place.table, {place.column.name}
    if place.index is not None:
        names.add(place.index.name)
    tests = {place.column.name}
    if table is _TENANTS:
        names, tests = names | {"seal"}, tests | {"seal"}
    same = [column == bindparam(f"key_{column.name}") for column in place.key]
    same += [table.c[name] == bindparam(f"was_{name}") for name in sorted(tests)]
    return update(table).where(*same).values({name: bindparam(f"to_{name}") for name in names})


def _new_values(ring: KeyRing, place: KeyedColumn, row: Any, identity: str) -> Parameters:
    if isinstance(place, SealedColumn):
        return _resealed_value(ring, place, row, identity)
    if place.table is _USERS:
        if user_seals.mismatch(row.id, row, row.seal_entry):
            raise SealBroken("users does not match its seal")
        return {"seal": user_seals.user_seal(ring, row.id, row)}
    vouched = tenant_seals.matching(row)
    if not vouched:
        raise SealBroken("tenants does not match its seal")
    return {"seal": tenant_seals.tenant_seal(ring, row, row.version, vouched)}


def _resealed_value(ring: KeyRing, place: SealedColumn, row: Any, identity: str) -> Parameters:
    where = (place.table.name, place.attribute.name, identity)
    value = fields.unseal(ring, row.sealed, *where)
    # The value may have the primary key already, when only the blind index has an old one.
    done = fields.key_id(row.sealed) == ring.primary
    becomes = {place.column.name: row.sealed if done else fields.seal(ring, value, *where)}
    if place.index is not None:
        searched = place.attribute.key(value)
        becomes[place.index.name] = blind_index.index(ring, searched, *where[:2])
    if place.table is _TENANTS:
        becomes["seal"] = _updated_seal(ring, place, row, becomes)
    return becomes


def _updated_seal(ring: KeyRing, place: SealedColumn, row: Any, becomes: Parameters) -> str:
    """Returns the tenant's seal for the new texts, with its present key; rotated separately."""
    vouched = tenant_seals.matching(row)
    if place.attribute.name not in vouched:
        raise SealBroken(f"{place} does not match its seal")
    fresh = {tenant_seals.attribute_of(place.table.c[n]): text for n, text in becomes.items()}
    changed = SimpleNamespace(**{**row._mapping, **fresh})
    return tenant_seals.tenant_seal(ring.only(seal_key_id(row.seal)), changed, row.version, vouched)
