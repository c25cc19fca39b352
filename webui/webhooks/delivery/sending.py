"""Delivery: claims what is due, posts it outside any transaction, records the result.

An event reaches its receiver at least once, always with the same id. A delivery is claimed by a
lease that lasts longer than the tenant's timeout; when a worker is killed, the lease expires. An
attempt counts only when its result is recorded. Each delivery has its own thread, and
:mod:`webui.webhooks.delivery.turns` chooses the next one, so that slow receivers do not delay other
tenants.
"""

import queue
import secrets
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from flask import Flask, current_app
from sqlalchemy import ColumnElement, and_, delete, or_, select, update

from webui.core.extensions import advisory_lock, db, write_transaction
from webui.history.record.actions import Action
from webui.history.record.actor import system_actor
from webui.history.record.log import record
from webui.jobs import Run, job
from webui.models import Delivery, DeliveryAttempt, Tenant, WebhookStop
from webui.models.columns import now
from webui.models.tenant.tenant import UNREADABLE
from webui.models.webhook import CANCELLED, DELIVERED, FAILED, QUEUED
from webui.outbox import Event, Obstacle, obstacles
from webui.webhooks.delivery import client, schedule, signing, turns
from webui.webhooks.delivery.client import Answer, Problem, Transport
from webui.webhooks.signing_secret import old_until

EXTENSION = "webhook_outside"
MARGIN = timedelta(seconds=30)
"""How much longer than the tenant's timeout a lease is valid."""
KEPT = timedelta(days=30)
"""How long deliveries stay in the log."""
GONE = 410
# Seconds between two checks for newly due deliveries while others are in flight.
_POLL = 0.5
_CLAIM_LOCK = 0x7E4A_17C4
_FORGOTTEN_AT_ONCE = 1_000


def init_deliveries(app: Flask) -> None:
    """Sets how receivers are reached; tests replace it."""
    app.extensions[EXTENSION] = Transport(allow=app.extensions["webui_config"].webhook_allow)


@dataclass(frozen=True)
class Claimed:
    """A delivery leased by this worker, with everything needed to send it."""

    id: UUID
    tenant_id: UUID
    lease: UUID
    url: str = field(repr=False)
    body: str = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    seconds: int


Results = queue.SimpleQueue[tuple[Claimed, Answer]]


def _due(at: datetime) -> ColumnElement[bool]:
    """Matches deliveries that are queued, due, and leased by no worker."""
    free = or_(Delivery.leased_until.is_(None), Delivery.leased_until < at)
    return and_(Delivery.state == QUEUED, Delivery.due_at <= at, free)


def delivery_due() -> bool:
    """Whether any delivery is due."""
    return db.session.scalar(select(Delivery.id).where(_due(now())).limit(1)) is not None


@job("webhook deliveries", every=timedelta(seconds=1), pending=delivery_due)
def deliver(run: Run) -> None:
    """Sends deliveries until none is due."""
    transport: Transport = current_app.extensions[EXTENSION]
    results: Results = queue.SimpleQueue()
    flying = 0
    while True:
        if not run.stopping:
            for claimed in claim_deliveries(turns.MOST - flying):
                # A daemon thread: a slow receiver must not keep the process from ending.
                threading.Thread(
                    target=_send, args=(claimed, transport, results), daemon=True
                ).start()
                flying += 1
        if not flying:
            return
        try:
            record_result(*results.get(timeout=_POLL))
            flying -= 1
        except queue.Empty:
            continue


def _send(claimed: Claimed, transport: Transport, results: Results) -> None:
    """Sends one delivery; runs in its own thread, without database and application context."""
    answer = Answer(0, problem=Problem.PROTOCOL)
    try:
        body = claimed.body.encode()
        answer = client.post(claimed.url, body, claimed.headers, claimed.seconds, transport)
    finally:
        results.put((claimed, answer))


def claim_deliveries(most: int) -> list[Claimed]:
    """Leases up to ``most`` due deliveries; cancels those that cannot be sent."""
    # Checked first without a lock: usually nothing is due.
    if most < 1 or not delivery_due() or not turns.choose(most, now()):
        return []
    claimed = []
    with write_transaction():
        # One worker at a time, because the limits apply to all workers together.
        advisory_lock(_CLAIM_LOCK)
        for delivery in _chosen(most):
            tenant = db.session.get_one(Tenant, delivery.tenant_id)
            in_the_way = obstacles(tenant, Event(delivery.event))
            if in_the_way:
                _close(delivery, CANCELLED, in_the_way[0])
                continue
            leased = _lease(delivery, tenant)
            if leased:
                claimed.append(leased)
    return claimed


def _chosen(most: int) -> list[Delivery]:
    """Returns the deliveries to claim, locked. One that another transaction locks is skipped.

    The query repeats the "due" condition: after waiting for a lock, PostgreSQL re-evaluates only
    the conditions of the locking query.
    """
    at = now()
    ids = turns.choose(most, at)
    query = select(Delivery).where(Delivery.id.in_(ids), _due(at))
    found = {row.id: row for row in db.session.scalars(query.with_for_update(skip_locked=True))}
    return [found[one] for one in ids if one in found]


def _lease(delivery: Delivery, tenant: Tenant) -> Claimed | None:
    """Leases a delivery; None, with a retry later, when its URL or secret cannot be decrypted."""
    at = now()
    url, current = tenant.readable("webhook_url"), tenant.readable("webhook_secret")
    old = tenant.readable("webhook_secret_previous") if old_until(tenant, at) else None
    if url is UNREADABLE or current is UNREADABLE:
        _record_attempt(delivery, Answer(0, problem=Problem.UNREADABLE))
        return None
    signers = [secret for secret in (current, old) if secret and secret is not UNREADABLE]
    seconds = tenant.webhook_timeout_seconds
    turns.record_turn(tenant.id, at)
    delivery.lease, delivery.leased_at = uuid4(), at
    delivery.leased_until = at + timedelta(seconds=seconds) + MARGIN
    headers = signing.headers(delivery.message, at, delivery.body, signers)
    return Claimed(delivery.id, tenant.id, delivery.lease, url, delivery.body, headers, seconds)


def record_result(claimed: Claimed, answer: Answer) -> None:
    """Records the result of an attempt; ignores it when the lease expired and another took over."""
    with write_transaction():
        # Lock the tenant first, in the same order as every other change of a tenant.
        gone = answer.status == GONE
        tenant = db.session.get_one(Tenant, claimed.tenant_id, with_for_update=gone)
        delivery = db.session.get(Delivery, claimed.id, with_for_update=True)
        if delivery is None or delivery.lease != claimed.lease:
            return
        _record_attempt(delivery, answer)
        turns.record_response(tenant.id, answer.duration_ms, now())
        # If the URL was changed meanwhile, the new one is not the one that answered "gone".
        if gone and tenant.readable("webhook_url") == claimed.url:
            _stop(tenant)


def _record_attempt(delivery: Delivery, answer: Answer) -> None:
    """Records an attempt and schedules the next one."""
    delivery.attempts += 1
    delivery.tried_at = now()
    delivery.status, delivery.problem = answer.status, answer.problem
    delivery.duration_ms, delivery.tls = answer.duration_ms, answer.tls
    db.session.add(DeliveryAttempt.latest_of(delivery))
    wait = (
        None
        if delivery.manual
        else schedule.pause(delivery.attempts, secrets.randbelow(1001) / 1000)
    )
    arrived = answer.status is not None and 200 <= answer.status < 300
    turns.record_outcome(delivery.tenant_id, arrived, delivery.tried_at)
    if arrived:
        _close(delivery, DELIVERED, None)
    elif answer.status == GONE or wait is None:
        _close(delivery, FAILED, answer.problem)
    else:
        _release(delivery)
        delivery.due_at = delivery.tried_at + max(wait, answer.asked_pause or wait)


def _close(delivery: Delivery, state: str, problem: Problem | Obstacle | None) -> None:
    delivery.state, delivery.problem = state, problem
    _release(delivery)


def _release(delivery: Delivery) -> None:
    delivery.lease = delivery.leased_until = delivery.leased_at = None


def _stop(tenant: Tenant) -> None:
    """Stops deliveries after 410 Gone: cancels what is queued and records it in the history."""
    if db.session.get(WebhookStop, tenant.id):
        return
    db.session.add(WebhookStop(tenant_id=tenant.id, stopped_at=now()))
    db.session.flush()
    waiting = update(Delivery).where(
        Delivery.tenant_id == tenant.id, Delivery.state == QUEUED, Delivery.lease.is_(None)
    )
    db.session.execute(waiting.values(state=CANCELLED, problem=Obstacle.STOPPED))
    record(Action.WEBHOOK_STOPPED, system_actor(), tenant=tenant)


@job("old webhook deliveries", every=timedelta(hours=1))
def delete_old_deliveries(run: Run) -> bool:
    """Deletes finished deliveries that are older than KEPT."""
    over = and_(Delivery.created_at < now() - KEPT, Delivery.state != QUEUED)
    with write_transaction():
        old = list(db.session.scalars(select(Delivery.id).where(over).limit(_FORGOTTEN_AT_ONCE)))
        tries = delete(DeliveryAttempt).where(DeliveryAttempt.delivery_id.in_(old))
        db.session.execute(tries)
        db.session.execute(delete(Delivery).where(Delivery.id.in_(old)))
    return len(old) == _FORGOTTEN_AT_ONCE
