"""Webhook events, queued in the same transaction as the change that they report.

:func:`webui.history.record.log.record` calls this for every change of a tenant, so that no way of
changing one (forms, wizard, undo, API) can forget it. An event names the changed fields, or the
threshold of the call limit that was reached (:mod:`webui.usage.thresholds`). It contains no value
of a sealed field, nothing for staff only, and not who made the change or why.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID, uuid4

from sqlalchemy import bindparam, delete, insert, select, update

from webui.core.catalogue import FIELDS, TENANT_STATUS_CHANGED, TENANT_UPDATED
from webui.core.extensions import db, read
from webui.core.limits import Status
from webui.core.many_ids import ByIds
from webui.models import Delivery, Tenant, WebhookStop, WebhookTurn
from webui.models.columns import now
from webui.models.webhook import QUEUED
from webui.values import compact_json


class Event(StrEnum):
    """The types of events that a receiver can get."""

    TEST = "webhook.test"
    UPDATED = TENANT_UPDATED
    STATUS_CHANGED = TENANT_STATUS_CHANGED
    USAGE_THRESHOLD = "tenant.usage_threshold"


class Obstacle(StrEnum):
    """Why nothing is delivered to a tenant."""

    NO_URL = "no_url"
    NO_SECRET = "no_secret"
    STOPPED = "stopped"
    CLOSED = "closed"


class Who(Protocol):
    """The part of an actor that the log of deliveries stores."""

    @property
    def type(self) -> str:
        """User, token, system or cli."""

    @property
    def name(self) -> str | None:
        """The username."""

    @property
    def role(self) -> str | None:
        """The role."""


# Built once, because the query runs with every change of a tenant.
_STOPS = WebhookStop.__table__.c
_STOP = select(_STOPS.stopped_at).where(_STOPS.tenant_id == bindparam("tenant_id"))
_TENANTS = Tenant.__table__.c
_RECEIVERS = ByIds(
    select(
        *(_TENANTS.id, _TENANTS.status, _STOPS.stopped_at),
        _TENANTS.webhook_url.is_not(None).label("has_url"),
        _TENANTS.webhook_secret.is_not(None).label("has_secret"),
    ).outerjoin(WebhookStop.__table__, _STOPS.tenant_id == _TENANTS.id),
    _TENANTS.id,
)
_DELIVERY = insert(Delivery.__table__)  # type: ignore[arg-type]


def obstacles(tenant: Tenant, event: Event) -> list[Obstacle]:
    """Returns the reasons why an event cannot be delivered; empty when it can.

    A closed or blocked tenant's receiver gets only the event about its status.
    """
    is_set = tenant.is_set
    found = _of_tenant(event, tenant.status, is_set("webhook_url"), is_set("webhook_secret"))
    return found or ([Obstacle.STOPPED] if stopped_at(tenant.id) else [])


def _of_tenant(event: Event, status: str, has_url: bool, has_secret: bool) -> list[Obstacle]:
    found = []
    if not has_url:
        found.append(Obstacle.NO_URL)
    if not has_secret:
        found.append(Obstacle.NO_SECRET)
    if status in (Status.INACTIVE, Status.BLOCKED) and event is not Event.STATUS_CHANGED:
        found.append(Obstacle.CLOSED)
    return found


def stopped_at(tenant_id: UUID) -> datetime | None:
    """Returns when the receiver answered 410 Gone; None when deliveries are not stopped."""
    return read(_STOP, {"tenant_id": tenant_id}).scalar()


def queue_changes(tenant: Tenant, fields: Collection[str], actor: Who) -> None:
    """Queues the events of a recorded change.

    A changed webhook URL ends a stop, and of the new one it is not known that it fails.
    """
    if "webhook_url" in fields:
        db.session.execute(delete(WebhookStop).where(WebhookStop.tenant_id == tenant.id))
        forget_failing(tenant.id)
    changed = sorted(name for name in _named_by(Event.UPDATED) if name in fields)
    if changed:
        _queue_change(tenant, Event.UPDATED, {"changed": changed}, actor)
    of_status = _named_by(Event.STATUS_CHANGED)
    if any(name in fields for name in of_status):
        status = {name: getattr(tenant, name) for name in of_status}
        _queue_change(tenant, Event.STATUS_CHANGED, status, actor)


def forget_failing(tenant_id: UUID) -> None:
    """Forgets since when a receiver fails; it has not been tried since."""
    turn = update(WebhookTurn).where(
        WebhookTurn.tenant_id == tenant_id, WebhookTurn.failing_since.is_not(None)
    )
    db.session.execute(turn.values(failing_since=None))


def _named_by(event: Event) -> list[str]:
    """The fields that an event names; one for staff is named by none, whatever it declares."""
    return [
        n for n, field in FIELDS.items() if field.use.event == event and field.use.is_for(False)
    ]


def _queue_change(tenant: Tenant, event: Event, data: dict[str, Any], actor: Who) -> None:
    if not obstacles(tenant, event):
        queue(tenant, event, {"version": tenant.version, **data}, actor)


def queue(tenant: Tenant, event: Event, data: dict[str, Any], actor: Who) -> UUID:
    """Adds an event to the outbox and returns the id of its delivery."""
    body = _body(tenant.id, event, data)
    return add_delivery(tenant.id, uuid4(), event, body, actor, manual=event is Event.TEST)


def queue_each(event: Event, facts: Sequence[tuple[UUID, dict[str, Any]]], actor: Who) -> None:
    """Adds an event for each (tenant, data) that can be delivered, in few statements."""
    reached = {
        row.id
        for row in _RECEIVERS.rows({tenant_id for tenant_id, _ in facts})
        if not row.stopped_at and not _of_tenant(event, row.status, row.has_url, row.has_secret)
    }
    rows = [
        _delivery(tenant_id, uuid4(), event, _body(tenant_id, event, data), actor, manual=False)
        for tenant_id, data in facts
        if tenant_id in reached
    ]
    if rows:
        db.session.connection().execute(_DELIVERY, rows)


def _body(tenant_id: UUID, event: Event, data: dict[str, Any]) -> str:
    body = {
        "type": event.value,
        "timestamp": now().isoformat(timespec="seconds").replace("+00:00", "Z"),
        "data": {"tenant_id": str(tenant_id), **data},
    }
    return compact_json(body)


def add_delivery(
    tenant_id: UUID, message: UUID, event: str, body: str, actor: Who, *, manual: bool
) -> UUID:
    """Adds a delivery to the outbox, due now, and returns its id."""
    row = _delivery(tenant_id, message, event, body, actor, manual=manual)
    db.session.connection().execute(_DELIVERY, row)
    delivery_id: UUID = row["id"]
    return delivery_id


def _delivery(
    tenant_id: UUID, message: UUID, event: str, body: str, actor: Who, *, manual: bool
) -> dict[str, Any]:
    at = now()
    return {
        "id": uuid4(),
        "tenant_id": tenant_id,
        "message": message,
        "event": event,
        "body": body,
        "manual": manual,
        "actor_type": actor.type,
        "actor_name": actor.name,
        "actor_role": actor.role,
        "created_at": at,
        "due_at": at,
        "state": QUEUED,
        "attempts": 0,
    }
