"""What the history needs to remember of who asked: denials of a minute, firsts of a day."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from webui.core.extensions import Model
from webui.models.columns import UTCDateTime


class DeniedAttempts(Model):
    """Denials of a person, on all pages, since the entry that told the first.

    ``told`` are the attempts that got an entry of their own since then, one a line; ``more``
    counts the denials that got none, and ``folded`` names the first of those attempts.
    """

    __tablename__ = "denied_attempts"
    __table_args__ = (Index("ix_denied_attempts_since", "since"),)

    user_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("users.id"), primary_key=True)
    since: Mapped[datetime] = mapped_column(UTCDateTime)
    more: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    address: Mapped[str | None] = mapped_column(String(64))
    told: Mapped[str] = mapped_column(Text, server_default=text("''"))
    folded: Mapped[str] = mapped_column(Text, server_default=text("''"))


class DailyMark(Model):
    """Something a person did already on a day (UTC): only its first time is an entry."""

    __tablename__ = "daily_marks"

    user_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("users.id"), primary_key=True)
    what: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
