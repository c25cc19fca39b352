"""The tables of background work: when each job is due, who runs it, which workers are alive."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from webui.core.extensions import Model
from webui.models.columns import UTCDateTime


class JobState(Model):
    """The next due time of a job and, while it runs, its run (``holder``) and end of its lease."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint("(holder IS NULL) = (leased_until IS NULL)", name="lease_limits"),
    )

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    next_at: Mapped[datetime] = mapped_column(UTCDateTime)
    holder: Mapped[UUID | None] = mapped_column(Uuid)
    leased_until: Mapped[datetime | None] = mapped_column(UTCDateTime)


class WorkerBeat(Model):
    """A worker and the time of its last heartbeat."""

    __tablename__ = "workers"

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    beat_at: Mapped[datetime] = mapped_column(UTCDateTime)
