"""The seal of a tenant's sealed fields: a value that was put there around the product is not read.

Each field has a mac of its own over the tenant's id and version, the stored text and the blind
index. So an older ciphertext of the same row, another tenant's index, a value taken away or a
version raised around the product do not fit, and it can be said which field it is. A save
vouches only for what it sets and for what fitted before: a forged field stays unreadable until
it is set anew, or removed.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Table, inspect

from webui.core.extensions import Base, keyring
from webui.crypto import row_seal
from webui.crypto.keyring import KeyMissing, KeyRing
from webui.crypto.row_seal import SealBroken
from webui.models.columns import CannotSeal, Encrypted

TABLE = "tenants"
FIELDS: "list[RowSealed]" = []
"""The fields that the seal covers, in its order."""


class RowSealed(Encrypted):
    """An encrypted field of a tenant that is read only if it matches the row's seal.

    Reading raises SealBroken besides what :class:`Encrypted` raises. The tenant says which of
    its fields match by ``vouched``, a set that writing adds to.
    """

    def __set_name__(self, owner: type[Base], name: str) -> None:
        super().__set_name__(owner, name)
        FIELDS.append(self)

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is not None and self.name not in instance.vouched:
            raise SealBroken(f"{TABLE}.{self.name} does not match its seal")
        return super().__get__(instance, owner)

    def __set__(self, instance: Any, value: str | None) -> None:
        # Asked before the column changes: the seal is of what the row says now.
        vouched = to_save(instance)
        super().__set__(instance, value)
        vouched.add(self.name)


class SealedRow:
    """What a tenant is by its seal: which of its fields match, and a new one with each save."""

    # What `vouched` found, until the row is read again.
    _vouched = None

    @property
    def vouched(self) -> set[str]:
        """The encrypted fields that match the row's seal, or were set since it was read.

        Raises KeyMissing.
        """
        if self._vouched is None:
            self._vouched = _find_vouched(self)
        return self._vouched

    def mismatches(self, field: str) -> bool:
        """Whether an encrypted field is not as the product saved it."""
        try:
            return field not in self.vouched
        except KeyMissing:
            return False

    def renew_seal(self) -> None:
        """Seals the tenant as it is about to be flushed, at the version that it will have.

        Raises CannotSeal.
        """
        tenant: Any = self
        version = tenant.version + 1 if inspect(tenant).has_identity else 1
        tenant.seal = tenant_seal(keyring(), tenant, version, to_save(tenant))


def forget_vouched(tenant: SealedRow | None, *_more: object) -> None:
    """For the events after which a row is read again; None is an object that is gone."""
    if tenant is not None:
        tenant._vouched = None


def _find_vouched(tenant: Any) -> set[str]:
    if not inspect(tenant).has_identity:
        return names()
    newest = tenant.newest_version
    # An older row of this tenant, put back with the seal that it had. None: it is being created.
    return set() if newest is not None and tenant.version < newest else matching(tenant)


def names() -> set[str]:
    """The names of all fields that the seal covers."""
    return {field.name for field in FIELDS}


def matching(row: Any) -> set[str]:
    """The names of the fields that match the row's seal. Raises KeyMissing.

    ``row`` is a tenant, or columns of one by the names of its attributes.
    """
    read = row_seal.read_seal(row.seal, len(FIELDS))
    if read is None:
        return set()
    kid, macs = read
    made = [_mac(keyring(), kid, field, row, row.version) for field in FIELDS]
    pairs = zip(FIELDS, made, macs, strict=True)
    return {field.name for field, one, other in pairs if row_seal.same_seal(one, other)}


def to_save(tenant: Any) -> set[str]:
    """What the tenant vouches for, for who is about to save it. Raises CannotSeal."""
    try:
        vouched: set[str] = tenant.vouched
    except KeyMissing as error:
        raise CannotSeal(str(error)) from error
    return vouched


def tenant_seal(ring: KeyRing, row: Any, version: int, vouched: Collection[str]) -> str:
    """The seal of a row at a version; a field that is not vouched for gets no mac."""
    kid = ring.primary
    macs = [
        _mac(ring, kid, field, row, version) if field.name in vouched else row_seal.NO_MAC
        for field in FIELDS
    ]
    return row_seal.written(kid, macs)


def _mac(ring: KeyRing, kid: str, field: RowSealed, row: Any, version: int) -> str:
    stored = [getattr(row, name) for name in (field.column, field.index) if name]
    return row_seal.mac(ring, kid, TABLE, field.name, [str(row.id), str(version), *stored])


def columns(table: Table) -> list[ColumnElement[Any]]:
    """What :func:`matching` needs of a tenant, for who reads columns instead of objects."""
    sealed = [c.label(attribute_of(c)) for c in table.columns if attribute_of(c) in _stored()]
    return [table.c.id, table.c.version, table.c.seal, *sealed]


def attribute_of(column: Any) -> str:
    """What the model calls a column of the tenants' table."""
    attribute = f"{column.name}_sealed"
    return attribute if attribute in _stored() else column.name


def _stored() -> set[str]:
    return {name for field in FIELDS for name in (field.column, field.index) if name}
