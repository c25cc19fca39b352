"""The model of a tenant (a customer organisation), and how changes are applied to it."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    String,
    Text,
    Uuid,
    event,
    func,
    select,
)
from sqlalchemy.orm import Mapped, column_property, mapped_column, validates

from webui.core.catalogue import FIELDS
from webui.core.extensions import Model
from webui.core.field_types import REQUIRED, Sealed
from webui.crypto.keyring import SecretError
from webui.models.audit import AuditEntry
from webui.models.columns import (
    DERIVED,
    EVENT,
    PLAIN,
    SEALED,
    Audited,
    BinaryText,
    CompactJSON,
    UTCDateTime,
    now,
    stored_default,
)
from webui.models.tenant import tenant_seals
from webui.models.tenant.constraints import CONSTRAINTS
from webui.models.tenant.tenant_seals import RowSealed, SealedRow
from webui.values import name_key, same_json, sort_key


@dataclass(frozen=True)
class Change:
    """The change of one field. Old and new are plaintext, so repr shows only kind and field."""

    field: str
    kind: Audited
    old: Any
    new: Any

    def __repr__(self) -> str:
        return f"<Change {self.field} ({self.kind})>"


class Unreadable:
    """The type of UNREADABLE, in place of a sealed value that cannot be decrypted now."""

    def __repr__(self) -> str:
        return "UNREADABLE"


UNREADABLE = Unreadable()


def host_of(sip_domain: str) -> str:
    """Returns a SIP domain without its port, as searches compare it."""
    return sip_domain.partition(":")[0]


class Tenant(SealedRow, Model):
    """A customer organisation. Every change goes through :meth:`revise`."""

    __tablename__ = "tenants"
    __table_args__ = CONSTRAINTS

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=DERIVED)
    name: Mapped[str] = mapped_column(Text, info=PLAIN)
    name_key: Mapped[str] = mapped_column(BinaryText, info=DERIVED)
    status: Mapped[str] = mapped_column(
        String(20), server_default=stored_default("status"), info=PLAIN
    )
    blocked_services: Mapped[list[str]] = mapped_column(
        CompactJSON, server_default=stored_default("blocked_services"), info=PLAIN
    )
    billing_plan: Mapped[str] = mapped_column(
        String(100), server_default=stored_default("billing_plan"), info=PLAIN
    )
    max_concurrent_calls: Mapped[int] = mapped_column(
        server_default=stored_default("max_concurrent_calls"), info=PLAIN
    )
    monthly_call_limit: Mapped[int] = mapped_column(
        BigInteger, server_default=stored_default("monthly_call_limit"), info=PLAIN
    )
    sip_enabled: Mapped[bool] = mapped_column(
        server_default=stored_default("sip_enabled"), info=PLAIN
    )
    sip_domain_sealed: Mapped[str | None] = mapped_column("sip_domain", Text, info=SEALED)
    sip_domain_index: Mapped[str | None] = mapped_column(String(128), info=DERIVED)
    sip_username_sealed: Mapped[str | None] = mapped_column("sip_username", Text, info=SEALED)
    sip_username_index: Mapped[str | None] = mapped_column(String(128), index=True, info=DERIVED)
    sip_password_sealed: Mapped[str | None] = mapped_column("sip_password", Text, info=EVENT)
    recording_enabled: Mapped[bool] = mapped_column(
        server_default=stored_default("recording_enabled"), info=PLAIN
    )
    analytics_enabled: Mapped[bool] = mapped_column(
        server_default=stored_default("analytics_enabled"), info=PLAIN
    )
    recording_format: Mapped[str] = mapped_column(
        String(10), server_default=stored_default("recording_format"), info=PLAIN
    )
    retention_days: Mapped[int] = mapped_column(
        server_default=stored_default("retention_days"), info=PLAIN
    )
    hipaa_enabled: Mapped[bool] = mapped_column(
        server_default=stored_default("hipaa_enabled"), info=PLAIN
    )
    pci_enabled: Mapped[bool] = mapped_column(
        server_default=stored_default("pci_enabled"), info=PLAIN
    )
    data_encryption_enabled: Mapped[bool] = mapped_column(
        server_default=stored_default("data_encryption_enabled"), info=PLAIN
    )
    webhook_url_sealed: Mapped[str | None] = mapped_column("webhook_url", Text, info=SEALED)
    webhook_timeout_seconds: Mapped[int] = mapped_column(
        server_default=stored_default("webhook_timeout_seconds"), info=PLAIN
    )
    webhook_secret_sealed: Mapped[str | None] = mapped_column("webhook_secret", Text, info=EVENT)
    meta_data: Mapped[dict[str, Any]] = mapped_column(
        CompactJSON, server_default=stored_default("meta_data"), info=PLAIN
    )
    version: Mapped[int] = mapped_column(BigInteger, info=DERIVED)
    onboarded_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info=PLAIN)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, info=DERIVED)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime, info=DERIVED)
    # After a rotation: the previous secret, which also signs until the time below.
    webhook_secret_previous_sealed: Mapped[str | None] = mapped_column(
        "webhook_secret_previous", Text, info=EVENT
    )
    webhook_secret_previous_until: Mapped[datetime | None] = mapped_column(UTCDateTime, info=PLAIN)
    # Written only by renew_seal: see webui/models/seals/tenant_seals.py.
    seal: Mapped[str | None] = mapped_column(String(300), info=DERIVED)
    name_sort: Mapped[str] = mapped_column(BinaryText, server_default="", info=DERIVED)

    sip_domain = RowSealed("sip_domain_sealed", index="sip_domain_index", key=host_of)
    sip_username = RowSealed("sip_username_sealed", index="sip_username_index")
    sip_password = RowSealed("sip_password_sealed")
    webhook_url = RowSealed("webhook_url_sealed")
    webhook_secret = RowSealed("webhook_secret_sealed")
    webhook_secret_previous = RowSealed("webhook_secret_previous_sealed")

    __mapper_args__ = {"version_id_col": version}
    # The newest version in the history; loaded with the row, in the same statement.
    newest_version: Mapped[int] = column_property(
        select(func.max(AuditEntry.tenant_version))
        .where(AuditEntry.tenant_id == id)
        .correlate_except(AuditEntry)
        .scalar_subquery()
    )

    def __init__(self, **values: Any) -> None:
        """Makes a new tenant with the defaults of DESIGN 2.1. Secrets are bound to its id."""
        self.id = values.pop("id", None) or uuid4()
        self.created_at = self.updated_at = values.pop("created_at", None) or now()
        for name, value in {**deepcopy(DEFAULTS), **values}.items():
            setattr(self, name, value)

    def __repr__(self) -> str:
        return f"<Tenant {self.id}>"

    @validates("name")
    def _derive_name_key(self, _key: str, name: str) -> str:
        self.name_key = name_key(name)
        self.name_sort = sort_key(self.name_key)
        return name

    def is_set(self, field: str) -> bool:
        """Whether an encrypted field has a value, without decrypting it."""
        return getattr(self, f"{field}_sealed") is not None

    def readable(self, field: str) -> Any:
        """Returns the field's value, or UNREADABLE when it cannot be decrypted."""
        try:
            return getattr(self, field)
        except SecretError:
            return UNREADABLE

    def differs(self, name: str, value: Any) -> bool:
        """Whether storing the value would change the field.

        None for an unreadable sealed value means: keep the stored bytes. (For a secret, None
        never means a blank field; it means that the secret is to be removed.)
        """
        old = self.readable(name)
        kept = old is UNREADABLE and value is None and audit_kind(name) is Audited.SEALED
        if isinstance(value, dict):
            return not same_json(value, old)
        return bool(value != old) and not kept

    def revise(self, values: Mapping[str, Any], at: datetime | None = None) -> list[Change]:
        """Applies the values that differ and returns what changed, in the given order.

        Raises ValueError for a derived column.
        """
        if any(audit_kind(name) is Audited.DERIVED for name in values):
            raise ValueError("a derived column cannot be revised")
        changes = []
        for name, new in values.items():
            if self.differs(name, new):
                changes.append(Change(name, audit_kind(name), self.readable(name), new))
                setattr(self, name, new)
        if changes:
            self.updated_at = at or now()
        return changes

    def creation(self) -> list[Change]:
        """Returns the changes for the entry of the creation: plain fields, and others if set."""
        changes = []
        for name, kind in AUDIT_KINDS.items():
            value = getattr(self, name)
            if kind is Audited.PLAIN or (kind is not Audited.DERIVED and value is not None):
                changes.append(Change(name, kind, None, value))
        return changes


for _name in ("refresh", "expire"):
    event.listen(Tenant, _name, tenant_seals.forget_vouched)


# Without the sealed fields: they are absent until they are set.
DEFAULTS: dict[str, Any] = {
    **{
        name: field.use.default
        for name, field in FIELDS.items()
        if field.use.default is not REQUIRED and not isinstance(field, Sealed)
    },
    "onboarded_at": None,
    "webhook_secret_previous_until": None,
}


def _audit_kinds() -> dict[str, Audited]:
    """Returns column name -> how its changes are written to the history, for every column."""
    columns = Tenant.__table__.columns
    return {column.name: column.info["audit"] for column in columns}


AUDIT_KINDS = _audit_kinds()


def audit_kind(field: str) -> Audited:
    """Returns how changes of a field are written to the history. Raises KeyError."""
    return AUDIT_KINDS[field]
