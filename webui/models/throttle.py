"""The counters of rate limits: how often something was tried, and when it is allowed again."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from webui.core.extensions import Model
from webui.models.columns import UTCDateTime


class TryCounter(Model):
    """One counter. ``key`` is a keyed hash, so the table reveals no name, address or mistyped
    password. Rows after ``expires_at`` are ignored, and later tries delete them.
    """

    __tablename__ = "try_counters"
    __table_args__ = (
        CheckConstraint("tries >= 0", name="positive"),
        Index("ix_try_counters_expires_at", "expires_at"),
    )

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    tries: Mapped[int] = mapped_column(Integer)
    last_at: Mapped[datetime] = mapped_column(UTCDateTime)
    free_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)

    def __repr__(self) -> str:
        return f"<TryCounter {self.kind} {self.tries}>"
