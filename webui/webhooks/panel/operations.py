"""Manual operations on deliveries: test, send again, try now, resume after 410 Gone.

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
from webui.models import AuditEntry, Delivery, Tenant, WebhookStop
from webui.models.columns import Audited, now
from webui.models.tenant.tenant import Change
from webui.models.webhook import QUEUED
from webui.outbox import Event, Obstacle
from webui.tenants.core import rules
from webui.tenants.core.operations import Gone
from webui.web import idempotency_keys
from webui.web.idempotency_keys import IdempotencyKey, UsedOn
from webui.webhooks.panel import trouble

MANUAL_LIMIT = 5
"""Tests, deliveries sent again and events tried now, per tenant and minute."""
# These make no manual delivery that could be counted.
_WITHOUT_DELIVERY = (Action.WEBHOOK_HURRIED, Action.WEBHOOK_ALL_RESENT)
_MINUTE = timedelta(minutes=1)


class NotPossible(Exception):
    """Nothing can be delivered to the tenant now; ``obstacle`` is the reason."""

    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(obstacle.value)
        self.obstacle = obstacle


class NotWaiting(Exception):
    """The delivery has its result, so there is nothing to try."""


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


def try_now(tenant_id: UUID, delivery_id: UUID, mark: str, actor: Actor) -> UUID:
    """Lets a waiting event be tried now, in its tenant's turn; returns the delivery's id.

    Raises Gone when the tenant has no such delivery, NotWaiting when it has its result, and
    rules.Closed, NotPossible, TooMany and idempotency_keys.KeyReused.
    """
    with write_transaction():
        tenant = _locked(tenant_id, actor)
        row = db.session.get(Delivery, delivery_id, with_for_update=True)
        if row is None or row.tenant_id != tenant.id:
            raise Gone
        key = _key(mark, actor, UsedOn.WEBHOOK_TRY, delivery_id)
        if idempotency_keys.used(key):
            return row.id
        if row.state != QUEUED:
            raise NotWaiting
        _check_can_send(tenant, Event(row.event))
        if row.due_at <= now():
            # It is its turn already, or a worker is sending it.
            return row.id
        row.due_at = now()
        return _record_sent(tenant, row.id, Action.WEBHOOK_HURRIED, key, actor)


def send_undelivered_again(tenant_id: UUID, mark: str, actor: Actor) -> int:
    """Queues the events that did not arrive once more, the oldest first; returns their number.

    They are tried like new ones, one after the other and with pauses. Raises Gone, rules.Closed,
    NotPossible, TooMany and idempotency_keys.KeyReused.
    """
    with write_transaction():
        tenant = _locked(tenant_id, actor)
        key = _key(mark, actor, UsedOn.WEBHOOK_RESEND_ALL, tenant.id)
        used = idempotency_keys.used(key)
        if used:
            return int(used.result)
        _check_can_send(tenant, Event.UPDATED)
        ids = trouble.undelivered(tenant.id)
        found = db.session.scalars(select(Delivery).where(Delivery.id.in_(ids)))
        by_id = {delivery.id: delivery for delivery in found}
        for old in map(by_id.__getitem__, ids):
            outbox.add_delivery(tenant.id, old.message, old.event, old.body, actor, manual=False)
        if ids:
            idempotency_keys.use(key, len(ids))
            change = Change("events", Audited.PLAIN, None, len(ids))
            record(Action.WEBHOOK_ALL_RESENT, actor, tenant=tenant, changes=[change])
        return len(ids)


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
        outbox.forget_failing(tenant.id)
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
    if _lately(tenant.id) >= MANUAL_LIMIT:
        raise TooMany


def _lately(tenant_id: UUID) -> int:
    """Counts the manual deliveries and the actions without one of the last minute."""
    since = now() - _MINUTE
    sent = select(func.count()).where(
        Delivery.tenant_id == tenant_id, Delivery.created_at > since, Delivery.manual
    )
    done = select(func.count()).where(
        AuditEntry.tenant_id == tenant_id,
        AuditEntry.at > since,
        AuditEntry.action.in_(_WITHOUT_DELIVERY),
    )
    return (db.session.scalar(sent) or 0) + (db.session.scalar(done) or 0)


def _record_sent(
    tenant: Tenant, delivery: UUID, action: Action, key: IdempotencyKey, actor: Actor
) -> UUID:
    idempotency_keys.use(key, delivery)
    record(action, actor, tenant=tenant)
    return delivery
