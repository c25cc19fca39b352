"""Manual operations on deliveries: send a test, send one again, resume after 410 Gone.

Each is one write transaction that locks the tenant, so that limits apply to all people together.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from webui import outbox
from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action
from webui.history.record.actor import Actor
from webui.history.record.log import record
from webui.models import Delivery, Tenant, WebhookStop
from webui.models.columns import now
from webui.outbox import Event, Obstacle
from webui.tenants.core import rules
from webui.tenants.core.operations import Gone
from webui.web import idempotency_keys
from webui.web.idempotency_keys import IdempotencyKey, UsedOn

MANUAL_LIMIT = 5
"""Tests and deliveries sent again, per tenant and minute."""
_MINUTE = timedelta(minutes=1)


class NotPossible(Exception):
    """Nothing can be delivered to the tenant now; ``obstacle`` is the reason."""

    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(obstacle.value)
        self.obstacle = obstacle


class TooMany(Exception):
    """The limit of manual deliveries in the last minute is reached."""


def send_test(tenant_id: UUID, mark: str, actor: Actor) -> UUID:
    """Queues a test event and returns its delivery's id; a second click returns the same id.

    Raises Gone, rules.Closed, NotPossible, TooMany and idempotency_keys.KeyReused.
    """
    with write_transaction():
        tenant = _locked(tenant_id, actor)
        key = _key(mark, actor, UsedOn.WEBHOOK_TEST, tenant.id)
        used = idempotency_keys.used(key)
        if used:
            return UUID(used.result)
        _check_can_send(tenant, Event.TEST)
        delivery = outbox.queue(tenant, Event.TEST, {}, actor)
        return _record_sent(tenant, delivery, Action.WEBHOOK_TESTED, key, actor)


def send_again(tenant_id: UUID, delivery_id: UUID, mark: str, actor: Actor) -> UUID:
    """Queues an event of the log again, with the same event id; returns the new delivery's id.

    Raises Gone when the tenant has no such delivery, rules.Closed, NotPossible, TooMany and
    idempotency_keys.KeyReused.
    """
    with write_transaction():
        tenant = _locked(tenant_id, actor)
        old = db.session.get(Delivery, delivery_id)
        if old is None or old.tenant_id != tenant.id:
            raise Gone
        key = _key(mark, actor, UsedOn.WEBHOOK_RESEND, delivery_id)
        used = idempotency_keys.used(key)
        if used:
            return UUID(used.result)
        _check_can_send(tenant, Event(old.event))
        delivery = outbox.add_delivery(
            tenant.id, old.message, old.event, old.body, actor, manual=True
        )
        return _record_sent(tenant, delivery, Action.WEBHOOK_RESENT, key, actor)


def resume(tenant_id: UUID, actor: Actor) -> UUID | None:
    """Resumes deliveries after a 410; returns the history entry, None when they were not stopped.

    Raises Gone and rules.Closed.
    """
    with write_transaction():
        tenant = _locked(tenant_id, actor)
        stop = db.session.get(WebhookStop, tenant.id)
        if stop is None:
            return None
        db.session.delete(stop)
        return record(Action.WEBHOOK_RESUMED, actor, tenant=tenant)


def _locked(tenant_id: UUID, actor: Actor) -> Tenant:
    tenant = db.session.get(Tenant, tenant_id, with_for_update=True)
    if tenant is None:
        raise Gone
    rules.refuse_closed(tenant, actor.role)
    return tenant


def _key(mark: str, actor: Actor, form: UsedOn, about: UUID) -> IdempotencyKey:
    assert actor.id is not None
    return IdempotencyKey(mark, UUID(actor.id), form, about)


def _check_can_send(tenant: Tenant, event: Event) -> None:
    in_the_way = outbox.obstacles(tenant, event)
    if in_the_way:
        raise NotPossible(in_the_way[0])
    lately = select(func.count()).where(
        Delivery.tenant_id == tenant.id,
        Delivery.created_at > now() - _MINUTE,
        Delivery.manual,
    )
    if (db.session.scalar(lately) or 0) >= MANUAL_LIMIT:
        raise TooMany


def _record_sent(
    tenant: Tenant, delivery: UUID, action: Action, key: IdempotencyKey, actor: Actor
) -> UUID:
    idempotency_keys.use(key, delivery)
    record(action, actor, tenant=tenant)
    return delivery
