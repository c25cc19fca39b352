"""The proof of the history: signed checkpoints, and verification runs."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from webui.core.extensions import Model
from webui.models.audit import Sequence
from webui.models.columns import UTCDateTime


class AuditCheckpoint(Model):
    """A signed statement of the chain's hash at entry ``seq``; ``line`` is authoritative."""

    __tablename__ = "audit_checkpoints"

    seq: Mapped[int] = mapped_column(Sequence, primary_key=True, autoincrement=False)
    line: Mapped[str] = mapped_column(Text)

    def __repr__(self) -> str:
        return f"<AuditCheckpoint {self.seq}>"


class AuditVerification(Model):
    """A requested verification: waiting, running, or ended with its result.

    ``outcome``: holds (the history is valid), fails or unchecked. ``report``: the findings as JSON.
    ``signature``: of the whole result, made and checked in webui.history.proof.signed_verdict.
    """

    __tablename__ = "audit_verifications"
    __table_args__ = (
        CheckConstraint("outcome IN ('holds', 'fails', 'unchecked')", name="outcome_limits"),
        CheckConstraint("(outcome IS NULL) = (ended_at IS NULL)", name="ended"),
        Index("ix_audit_verifications_asked_at", "asked_at"),
        Index("ix_audit_verifications_ended_at", "ended_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(UTCDateTime)
    asked_by: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    checked: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    outcome: Mapped[str | None] = mapped_column(String(10))
    report: Mapped[str | None] = mapped_column(Text)
    signature: Mapped[str | None] = mapped_column(Text)
