"""Links that let one person choose a password, once."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, Uuid, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webui.core.extensions import Model
from webui.models.columns import UTCDateTime
from webui.models.token_rows import SealedRow
from webui.models.user import User


class LinkKind(StrEnum):
    """The purpose of a link: a first password, or a new one for a forgotten one."""

    INVITATION = "invitation"
    RESET = "reset"


LIFETIMES = {
    LinkKind.INVITATION: timedelta(hours=72),
    # The person waits for it on the phone; a day also allows for the next morning.
    LinkKind.RESET: timedelta(hours=24),
}
_KINDS = ", ".join(f"'{kind.value}'" for kind in LinkKind)


class AccountLink(SealedRow, Model):
    """A link to choose a password. Only the keyed hash of its token is stored (ASVS 5.0, 6.6.2).

    ``ended_at``: when it was used or revoked. ``issued_by``: the name of the colleague who
    created it. ``set_password``: whether the account's current password was set with it.
    """

    __tablename__ = "account_links"
    FACTS = (
        *("token_hash", "user_id", "kind", "created_at", "expires_at", "ended_at"),
        *("issued_by", "set_password"),
    )
    __table_args__ = (CheckConstraint(f"kind IN ({_KINDS})", name="kind_limits"),)

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("users.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    issued_by: Mapped[str | None] = mapped_column(String(50))
    set_password: Mapped[bool] = mapped_column(server_default=false())

    user: Mapped[User] = relationship()

    def __repr__(self) -> str:
        return f"<AccountLink of {self.user_id}>"
