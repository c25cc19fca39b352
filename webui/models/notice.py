"""Notices about a person's own account, shown on every page until dismissed."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from webui.core.extensions import Model
from webui.models.columns import UTCDateTime, now


class NoticeKind(StrEnum):
    """What happened to an account."""

    AUTHENTICATOR_ADDED = "authenticator added"
    AUTHENTICATOR_REMOVED = "authenticator removed"
    PASSKEY_ADDED = "passkey added"
    PASSKEY_REMOVED = "passkey removed"
    RECOVERY_CODES = "recovery codes renewed"
    FACTORS_REMOVED = "factors removed"
    PASSWORD_RESET = "password reset"


_KINDS = ", ".join(f"'{kind.value}'" for kind in NoticeKind)


class AccountNotice(Model):
    """A change of how a person can sign in, reported to that person.

    ``issuer``: the name of the colleague who did it or made it possible; None for the person.
    """

    __tablename__ = "account_notices"
    __table_args__ = (
        CheckConstraint(f"kind IN ({_KINDS})", name="kind_limits"),
        Index("ix_account_notices_user_id", "user_id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    user_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("users.id"))
    kind: Mapped[str] = mapped_column(String(30))
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    issuer: Mapped[str | None] = mapped_column(String(50))
    dismissed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    def __init__(self, user_id: UUID, kind: NoticeKind, issuer: str | None = None) -> None:
        self.id = uuid4()
        self.user_id = user_id
        self.kind = kind.value
        self.at = now()
        self.issuer = issuer
