"""Counters that keep the history short: denials grouped by person, daily marks of actions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from webui.core.extensions import Model
from webui.models.columns import UTCDateTime


class DeniedAttempts(Model):
    """The denials of a person, on all pages, since the history entry of the first one.

    ``told``: the attempts that have an entry of their own since then, one per line; ``more``:
    the number of denials without an entry; ``folded``: the first of the attempts without one.
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
    """An action that a person did on a day (UTC): only the first one makes a history entry."""

    __tablename__ = "daily_marks"

    user_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("users.id"), primary_key=True)
    what: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
