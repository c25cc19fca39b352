"""The seal of a tenant's encrypted fields: a value written outside the product is not read.

Each field has its own MAC over the tenant's id and version, the stored text and the blind index.
So an older ciphertext of the same row, another tenant's index, a removed value or a raised
version do not match, and the field concerned is known. A save gives a MAC only to the fields
that it sets and to those that matched before: a forged field stays unreadable until it is set
again or removed.
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
    """An encrypted field of a tenant that can be read only if it matches the row's seal.

    Reading raises SealBroken, besides the errors of :class:`Encrypted`. ``vouched`` of the tenant
    is the set of matching fields; writing adds to it.
    """

    def __set_name__(self, owner: type[Base], name: str) -> None:
        super().__set_name__(owner, name)
        FIELDS.append(self)

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is not None and self.name not in instance.vouched:
            raise SealBroken(f"{TABLE}.{self.name} does not match its seal")
        return super().__get__(instance, owner)

    def __set__(self, instance: Any, value: str | None) -> None:
        # Checked before the column changes: the seal covers the row's present values.
        vouched = to_save(instance)
        super().__set__(instance, value)
        vouched.add(self.name)


class SealedRow:
    """Mixin of the tenant: which of its fields match the seal, and a new seal with each save."""

    # The result of `vouched`, until the row is read again.
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
        """Whether an encrypted field is not as the product saved it; False without the key."""
        try:
            return field not in self.vouched
        except KeyMissing:
            return False

    def renew_seal(self) -> None:
        """Seals the tenant before it is flushed, for the version that it will have.

        Raises CannotSeal.
        """
        tenant: Any = self
        version = tenant.version + 1 if inspect(tenant).has_identity else 1
        tenant.seal = tenant_seal(keyring(), tenant, version, to_save(tenant))


def forget_vouched(tenant: SealedRow | None, *more: Any) -> None:
    """Event listener, when a row will be read again. ``tenant`` is None for a deleted object.

    The last argument names the attributes, or is None for all. After a save only ``newest_version``
    is read again: then what was saved is still known. A save that follows at once would otherwise
    make every encrypted field of this one look like that of an older row.
    """
    names = more[-1]
    if tenant is not None and (names is None or set(names) != {"newest_version"}):
        tenant._vouched = None


def _find_vouched(tenant: Any) -> set[str]:
    if not inspect(tenant).has_identity:
        return names()
    newest = tenant.newest_version
    # A smaller version: an older row was restored with its seal. None: the tenant is new.
    return set() if newest is not None and tenant.version < newest else matching(tenant)


def names() -> set[str]:
    """Returns the names of all fields that the seal covers."""
    return {field.name for field in FIELDS}


def matching(row: Any) -> set[str]:
    """Returns the names of the fields that match the row's seal. Raises KeyMissing.

    ``row`` is a tenant, or a row of its columns with the names of its attributes.
    """
    read = row_seal.read_seal(row.seal, len(FIELDS))
    if read is None:
        return set()
    kid, macs = read
    made = _macs(keyring(), kid, row, row.version)
    pairs = zip(FIELDS, made, macs, strict=True)
    return {field.name for field, one, other in pairs if row_seal.same_seal(one, other)}


def to_save(tenant: Any) -> set[str]:
    """Returns ``vouched`` of a tenant before it is saved. Raises CannotSeal without the key."""
    try:
        vouched: set[str] = tenant.vouched
    except KeyMissing as error:
        raise CannotSeal(str(error)) from error
    return vouched


def tenant_seal(ring: KeyRing, row: Any, version: int, vouched: Collection[str]) -> str:
    """Returns the seal of a row at a version; a field outside ``vouched`` gets no MAC."""
    kid = ring.primary
    pairs = zip(FIELDS, _macs(ring, kid, row, version), strict=True)
    macs = [mac if field.name in vouched else row_seal.NO_MAC for field, mac in pairs]
    return row_seal.written(kid, macs)


def _macs(ring: KeyRing, kid: str, row: Any, version: int) -> list[str]:
    """Returns the MAC of each field of a row at a version."""
    parts = [
        (field.name, [getattr(row, name) for name in (field.column, field.index) if name])
        for field in FIELDS
    ]
    return row_seal.macs(ring, kid, TABLE, [str(row.id), str(version)], parts)


def columns(table: Table) -> list[ColumnElement[Any]]:
    """Returns the columns that :func:`matching` needs, for callers that do not load objects."""
    sealed = [c.label(attribute_of(c)) for c in table.columns if attribute_of(c) in _stored()]
    return [table.c.id, table.c.version, table.c.seal, *sealed]


def attribute_of(column: Any) -> str:
    """Returns the name of the model's attribute for a column of the tenants table."""
    attribute = f"{column.name}_sealed"
    return attribute if attribute in _stored() else column.name


def _stored() -> set[str]:
    return {name for field in FIELDS for name in (field.column, field.index) if name}
