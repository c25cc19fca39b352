"""What tests ask of the outbox."""

from typing import Any

from sqlalchemy import select, update

from tests.factories import an_actor, make_tenant
from webui import outbox
from webui.core.extensions import db, write_transaction
from webui.jobs import Run
from webui.models import Delivery, Tenant
from webui.models.columns import now
from webui.outbox import Event
from webui.webhooks.delivery import sending as delivery
from webui.webhooks.signing_secret import new_signing_secret

URL = "https://hooks.example.com/calls"


def make_hooked(**overrides: Any) -> Tenant:
    """A tenant whose events are delivered."""
    values = {
        "webhook_url": URL,
        "webhook_secret": new_signing_secret(),
        "webhook_timeout_seconds": 60,
    }
    return make_tenant(**{**values, **overrides})


def queue(tenant: Tenant, event: Event = Event.UPDATED, **data: Any) -> Delivery:
    """An event in the outbox."""
    with write_transaction():
        delivery = outbox.queue(tenant, event, data, an_actor())
        return db.session.get_one(Delivery, delivery)


def deliveries(tenant: Tenant | None = None) -> list[Delivery]:
    """The deliveries as they are stored, oldest first."""
    db.session.rollback()
    db.session.expire_all()
    query = select(Delivery).order_by(Delivery.created_at, Delivery.id)
    if tenant is not None:
        query = query.where(Delivery.tenant_id == tenant.id)
    found = list(db.session.scalars(query))
    db.session.rollback()
    return found


def deliver() -> None:
    """Lets the worker do what is due."""
    delivery.deliver(Run())


def make_due() -> None:
    """Lets the time until the next attempts pass, and every lease run out."""
    with write_transaction():
        waiting = update(Delivery).where(Delivery.state == "queued")
        db.session.execute(waiting.values(due_at=now(), lease=None, leased_until=None))
