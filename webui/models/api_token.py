"""The tokens by which programs use the API in the name of an account."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webui.core.extensions import Model
from webui.core.limits import TOKEN_NAME, TOKEN_PURPOSE
from webui.models.columns import DERIVED, EVENT, NO_ROW_ID, PLAIN, UTCDateTime, partial_index
from webui.models.token_rows import SealedRow
from webui.models.user import User


class ApiToken(SealedRow, Model):
    """An API token of an account. Only the keyed hash of its text is stored.

    ``scopes``: what it may do, as words separated by commas. ``ended_at``: when it was revoked.
    ``last_used_on``: the last day (UTC) on which it was used; not part of the sealed facts.
    """

    __tablename__ = "api_tokens"
    FACTS = (
        *("id", "token_hash", "user_id", "name", "purpose", "scopes"),
        *("created_at", "expires_at", "ended_at"),
    )
    __table_args__ = (
        CheckConstraint(TOKEN_NAME.check(), name="name_limits"),
        CheckConstraint(TOKEN_PURPOSE.check(), name="purpose_limits"),
        CheckConstraint("scopes <> ''", name="scopes_limits"),
        CheckConstraint("expires_at > created_at", name="expires_at_limits"),
        Index("ix_api_tokens_user_id", "user_id"),
        partial_index("ix_api_tokens_unended", "expires_at", "id", where="ended_at IS NULL"),
        NO_ROW_ID,
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, info=DERIVED)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, info=EVENT)
    user_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("users.id"), info=DERIVED)
    name: Mapped[str] = mapped_column(String(TOKEN_NAME.maximum), info=PLAIN)
    purpose: Mapped[str] = mapped_column(String(TOKEN_PURPOSE.maximum), info=PLAIN)
    scopes: Mapped[str] = mapped_column(String(200), info=PLAIN)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime, info=DERIVED)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime, info=PLAIN)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime, info=EVENT)
    last_used_on: Mapped[date | None] = mapped_column(Date, info=DERIVED)

    user: Mapped[User] = relationship()

    def __repr__(self) -> str:
        return f"<ApiToken {self.id} of {self.user_id}>"
