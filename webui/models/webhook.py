"""The webhook outbox: events to deliver, attempts, and receivers that stopped deliveries."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from webui.core.extensions import Model
from webui.models.columns import UTCDateTime, partial_index

QUEUED, DELIVERED, FAILED, CANCELLED = "queued", "delivered", "failed", "cancelled"


class Delivery(Model):
    """An event to deliver, with the result of its latest attempt.

    ``message``: the id that the receiver sees; the same in every attempt and when a person sends
    the event again, which is a new delivery. ``body``: the exact text that is signed. ``manual``:
    a test or an event sent again; it is tried once. While ``lease`` is set and has not expired,
    a worker is sending it, since ``leased_at``.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        CheckConstraint(
            f"state IN ('{QUEUED}', '{DELIVERED}', '{FAILED}', '{CANCELLED}')", name="state_limits"
        ),
        CheckConstraint("(lease IS NULL) = (leased_until IS NULL)", name="lease_limits"),
        CheckConstraint("attempts >= 0", name="attempts_positive"),
        Index("ix_webhook_deliveries_tenant_created", "tenant_id", "created_at", "id"),
        partial_index("ix_webhook_deliveries_due", "due_at", where=f"state = '{QUEUED}'"),
        partial_index(
            "ix_webhook_deliveries_lane",
            *("tenant_id", "manual", "due_at", "id"),
            where=f"state = '{QUEUED}'",
        ),
        partial_index("ix_webhook_deliveries_leased", "leased_until", where="lease IS NOT NULL"),
        partial_index(
            "ix_webhook_deliveries_undelivered",
            *("tenant_id", "created_at"),
            where=f"state IN ('{FAILED}', '{CANCELLED}')",
        ),
        Index("ix_webhook_deliveries_created_at", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    tenant_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("tenants.id"))
    message: Mapped[UUID] = mapped_column(Uuid)
    event: Mapped[str] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(Text)
    manual: Mapped[bool]
    actor_type: Mapped[str] = mapped_column(String(10))
    actor_name: Mapped[str | None] = mapped_column(Text)
    actor_role: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    state: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    lease: Mapped[UUID | None] = mapped_column(Uuid)
    leased_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    tried_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    status: Mapped[int | None]
    problem: Mapped[str | None] = mapped_column(String(20))
    duration_ms: Mapped[int | None]
    tls: Mapped[str | None] = mapped_column(String(10))
    leased_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    def __repr__(self) -> str:
        return f"<Delivery {self.id} {self.event} {self.state}>"


class DeliveryAttempt(Model):
    """The result of one attempt of a delivery. The latest one is stored in the delivery too."""

    __tablename__ = "webhook_attempts"

    delivery_id: Mapped[UUID] = mapped_column(
        Uuid, ForeignKey("webhook_deliveries.id"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    tried_at: Mapped[datetime] = mapped_column(UTCDateTime)
    status: Mapped[int | None]
    problem: Mapped[str | None] = mapped_column(String(20))
    duration_ms: Mapped[int | None]
    tls: Mapped[str | None] = mapped_column(String(10))

    @classmethod
    def latest_of(cls, delivery: Delivery) -> "DeliveryAttempt":
        """Returns the latest attempt of a delivery, from the delivery's own columns."""
        return cls(
            delivery_id=delivery.id,
            number=delivery.attempts,
            tried_at=delivery.tried_at,
            status=delivery.status,
            problem=delivery.problem,
            duration_ms=delivery.duration_ms,
            tls=delivery.tls,
        )


class WebhookStop(Model):
    """An endpoint that answered 410 Gone: nothing is sent until its URL changes or is resumed."""

    __tablename__ = "webhook_stops"

    tenant_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("tenants.id"), primary_key=True)
    stopped_at: Mapped[datetime] = mapped_column(UTCDateTime)


class WebhookTurn(Model):
    """When something was last sent to a tenant's receiver, and until when it counts as slow.

    ``failing_since``: the first failed attempt after the last delivery that arrived.
    """

    __tablename__ = "webhook_turns"
    __table_args__ = (
        partial_index("ix_webhook_turns_failing", "tenant_id", where="failing_since IS NOT NULL"),
    )

    tenant_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("tenants.id"), primary_key=True)
    served_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    slow_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    failing_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
