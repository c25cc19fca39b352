"""What the tenant page shows of webhooks besides the section's own fields."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from webui import jobs, outbox
from webui.core.extensions import db, read
from webui.history.query import history
from webui.models import Delivery, DeliveryAttempt, Tenant
from webui.models.columns import now
from webui.models.webhook import QUEUED
from webui.outbox import Event, Obstacle
from webui.webhooks import signing_secret
from webui.webhooks.delivery import schedule
from webui.webhooks.panel import template_filters, trouble
from webui.webhooks.panel.trouble import Trouble

FEW = 5
"""Deliveries shown on the tenant page."""
LOG_SIZE = 50
# A test is polled for a little longer than the longest timeout, then the page stops asking.
_WATCHED = timedelta(seconds=90)
# Built once: composing this statement takes longer than running it.
_SENT = Delivery.__table__.c
_SHOWN = [column for column in _SENT if column.name not in ("body", "message", "leased_until")]
_NEWEST = (
    select(*_SHOWN)
    .where(_SENT.tenant_id == bindparam("tenant_id"))
    .order_by(_SENT.created_at.desc(), _SENT.id.desc())
    .limit(bindparam("most"))
)


@dataclass(frozen=True)
class Attempt:
    """An attempt before the latest one, as this reader may see it."""

    number: int
    at: datetime
    result: str
    duration: str | None


@dataclass(frozen=True)
class Line:
    """A delivery as the log shows it to this reader. ``mark`` is the key for sending it again."""

    delivery: Delivery
    result: str
    tone: str
    duration: str | None
    tls: str | None
    attempt: str | None
    who: str
    again_at: datetime | None
    mark: str
    earlier: list[Attempt]


@dataclass(frozen=True)
class Log:
    """The newest deliveries; ``watched`` is the test in flight, if there is one."""

    lines: list[Line]
    watched: UUID | None
    more: bool


class Panel:
    """The state of the secret and of the deliveries, for the person of the request.

    Each value is loaded when a template first reads it: the header only needs one of them.
    """

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.used = tenant.is_set("webhook_url") or tenant.is_set("webhook_secret")

    @cached_property
    def mark(self) -> str:
        """The key of the test's form."""
        return _mark()

    @cached_property
    def old_secret_until(self) -> datetime | None:
        """Until when the old secret signs too; None without one."""
        return signing_secret.old_until(self.tenant)

    @cached_property
    def obstacles(self) -> list[Obstacle]:
        """Why nothing can be sent."""
        return outbox.obstacles(self.tenant, Event.TEST)

    @property
    def missing(self) -> list[str]:
        """The obstacles as text, apart from a stop by the receiver."""
        found = (o for o in self.obstacles if o is not Obstacle.STOPPED)
        return [template_filters.OBSTACLES[obstacle] for obstacle in found]

    @cached_property
    def stopped_at(self) -> datetime | None:
        """When the receiver stopped the deliveries; None if it did not."""
        stopped = Obstacle.STOPPED in self.obstacles
        return outbox.stopped_at(self.tenant.id) if stopped else None

    @cached_property
    def worker_alive(self) -> bool:
        """Whether a worker runs, if one is needed."""
        return jobs.alive() if self.used else True

    @cached_property
    def log(self) -> Log:
        """The newest deliveries."""
        return log(self.tenant.id, FEW, self.worker_alive) if self.used else Log([], None, False)

    @cached_property
    def trouble(self) -> Trouble | None:
        """What is wrong with the deliveries, for the side column."""
        return trouble.trouble(self.tenant.id) if self.used else None

    @property
    def failing_since(self) -> datetime | None:
        """Since when they fail, for the header."""
        return self.trouble.since if self.trouble else None

    @property
    def ready(self) -> bool:
        """Whether a test can be sent."""
        return not self.obstacles


def log(tenant_id: UUID, most: int, worker_alive: bool) -> Log:
    """Returns the newest deliveries of a tenant."""
    rows: Any = read(_NEWEST, {"tenant_id": tenant_id, "most": most + 1}).all()
    found: list[Delivery] = rows
    shown = found[:most]
    moving = [row.id for row in shown if is_moving(row)] if worker_alive else []
    earlier = _earlier(shown)
    lines = [line(row, earlier.get(row.id, [])) for row in shown]
    return Log(lines, next(iter(moving), None), len(found) > most)


def _earlier(rows: Sequence[Delivery]) -> dict[UUID, list[Attempt]]:
    """Returns the attempts before the latest one of each delivery, newest first."""
    several = [row.id for row in rows if row.attempts > 1]
    if not several:
        return {}
    query = (
        select(DeliveryAttempt, Delivery.attempts)
        .join(Delivery, Delivery.id == DeliveryAttempt.delivery_id)
        .where(DeliveryAttempt.delivery_id.in_(several))
        .order_by(DeliveryAttempt.number.desc())
    )
    found: dict[UUID, list[Attempt]] = {}
    for row, latest in db.session.execute(query):
        if row.number < latest:
            took = None if template_filters.hides_details(row) else _duration(row.duration_ms)
            attempt = Attempt(row.number, row.tried_at, template_filters.outcome(row), took)
            found.setdefault(row.delivery_id, []).append(attempt)
    return found


def is_moving(delivery: Delivery) -> bool:
    """Whether the page should keep polling: for a manual delivery, or an event tried now."""
    asked_at = delivery.created_at if delivery.manual else delivery.due_at
    fresh = now() - _WATCHED < asked_at <= now()
    return (delivery.manual or delivery.attempts > 0) and delivery.state == QUEUED and fresh


def line(row: Delivery, earlier: Sequence[Attempt] = ()) -> Line:
    """Returns a delivery as the log shows it to this reader."""
    hidden = template_filters.hides_details(row)
    total = 1 if row.manual else schedule.ATTEMPTS
    return Line(
        delivery=row,
        result=template_filters.result(row),
        tone=template_filters.tone(row),
        duration=None if hidden else _duration(row.duration_ms),
        tls=None if hidden else row.tls,
        attempt=f"{row.attempts} of {total}" if row.attempts else None,
        who=history.who(row),
        again_at=row.due_at if row.state == QUEUED and row.attempts else None,
        mark=_mark(),
        earlier=list(earlier),
    )


def _duration(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    return f"{milliseconds} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.1f} s"


def _mark() -> str:
    return secrets.token_urlsafe(24)
