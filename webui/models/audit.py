"""The stored history: each entry's canonical JSON, and the extracts that make it searchable."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Mapped, mapped_column

from webui.core.extensions import Model
from webui.models.columns import NO_ROW_ID, BinaryText, Encrypted, UTCDateTime, partial_index

# On SQLite only an INTEGER key is the row id, so that the table is in the order of the chain.
Sequence = BigInteger().with_variant(Integer, "sqlite")


# The actions that change the sealed facts of an account (webui/models/seals/user_seals.py).
SEALING_ACTIONS = (
    *("user.created", "user.invited", "user.disabled", "user.enabled", "user.role.updated"),
    *("user.password.set", "user.password.updated", "user.password.renewed"),
    *("user.authenticator.updated", "user.passkey.added", "user.passkey.removed"),
    *("user.factors.removed", "user.resealed"),
)
# Literals, not parameters: otherwise the databases do not use the partial index.
SEALING = f"action IN ({', '.join(map(repr, SEALING_ACTIONS))})"


class DeniedObject(ColumnElement[str]):
    """SQL: the object id of a denial, cut out of the entry's text. Meaningless for other entries.

    The text is canonical JSON, so the id has one possible form. JSON functions are not used
    because they raise an error on a text that was damaged.
    """

    inherit_cache = True
    type = Text()


_CUT = """substr(body, {position}(body, '"object":[null,"') + 16, 36)"""


@compiles(DeniedObject)
def _cut(_element: DeniedObject, _compiler: Any, **_more: Any) -> str:
    return _CUT.format(position="strpos")


@compiles(DeniedObject, "sqlite")
def _cut_on_sqlite(_element: DeniedObject, _compiler: Any, **_more: Any) -> str:
    return _CUT.format(position="instr")


class AuditEntry(Model):
    """One entry. ``body`` is authoritative (DESIGN 2.6); the other columns are extracts of it."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        UniqueConstraint("tenant_id", "tenant_version"),
        CheckConstraint("seq >= 1", name="seq_positive"),
        CheckConstraint("length(hash) = 64", name="hash_limits"),
        Index("ix_audit_entries_tenant_seq", "tenant_id", "seq"),
        Index("ix_audit_entries_actor_seq", "actor_id", "seq"),
        Index("ix_audit_entries_action_seq", "action", "seq"),
        Index("ix_audit_entries_subject_seq", "subject_id", "seq"),
        Index("ix_audit_entries_request", "request"),
        Index("ix_audit_entries_at", "at"),
        Index("ix_audit_entries_outcome_seq", "outcome", "seq"),
        Index("ix_audit_entries_source_seq", "source", "seq"),
        Index("ix_audit_entries_address_seq", "address", "seq"),
        partial_index(
            "ix_audit_entries_denied_object_seq",
            *(DeniedObject(), "seq"),
            where="action = 'access.denied'",
        ),
        partial_index("ix_audit_entries_sealing_seq", *("subject_id", "seq", "id"), where=SEALING),
    )

    seq: Mapped[int] = mapped_column(Sequence, primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(Uuid, unique=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    action: Mapped[str] = mapped_column(String(60))
    outcome: Mapped[str] = mapped_column(String(10))
    tenant_id: Mapped[UUID | None] = mapped_column(Uuid)
    tenant_version: Mapped[int | None] = mapped_column(BigInteger)
    actor_type: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[str | None] = mapped_column(String(64))
    actor_name: Mapped[str | None] = mapped_column(Text)
    actor_role: Mapped[str | None] = mapped_column(String(20))
    source: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(Text)
    request: Mapped[str | None] = mapped_column(String(64))
    address: Mapped[str | None] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    # The account that the entry is about, not the one that acted.
    subject_id: Mapped[UUID | None] = mapped_column(Uuid)

    def __repr__(self) -> str:
        return f"<AuditEntry {self.seq} {self.action}>"


class AuditField(Model):
    """The fields that an entry changed: an extract for "who last changed this field?"."""

    __tablename__ = "audit_fields"
    __table_args__ = (
        Index("ix_audit_fields_tenant_field_seq", "tenant_id", "field", "seq"),
        Index("ix_audit_fields_field_seq", "field", "seq"),
        NO_ROW_ID,
    )

    seq: Mapped[int] = mapped_column(Sequence, ForeignKey("audit_entries.seq"), primary_key=True)
    field: Mapped[str] = mapped_column(String(60), primary_key=True)
    tenant_id: Mapped[UUID | None] = mapped_column(Uuid)


class AuditWord(Model):
    """The words of an entry's reason: an extract for the search by words.

    The primary key returns a word's entries in the order of the chain on both databases, which
    no full-text index does.
    """

    __tablename__ = "audit_words"
    __table_args__ = (NO_ROW_ID,)

    word: Mapped[str] = mapped_column(BinaryText, primary_key=True)
    seq: Mapped[int] = mapped_column(Sequence, ForeignKey("audit_entries.seq"), primary_key=True)


class AuditSealed(Model):
    """A sealed value of an entry, with its salt. ``value`` is None after it was erased."""

    __tablename__ = "audit_sealed"
    __table_args__ = (
        CheckConstraint("side IN ('old', 'new')", name="side_limits"),
        CheckConstraint("substr(value, 1, 3) = 'e1.'", name="value_limits"),
        NO_ROW_ID,
    )

    entry: Mapped[UUID] = mapped_column(Uuid, ForeignKey("audit_entries.id"), primary_key=True)
    field: Mapped[str] = mapped_column(String(60), primary_key=True)
    side: Mapped[str] = mapped_column(String(3), primary_key=True)
    value: Mapped[str | None] = mapped_column(Text)

    salted = Encrypted("value", name="value")
    """The salt, a dot and the value (DESIGN 2.6)."""

    def __repr__(self) -> str:
        return f"<AuditSealed {self.entry} {self.field} {self.side}>"
