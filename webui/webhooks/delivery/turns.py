"""Which delivery is sent next: tenants take turns, and slow receivers get few places.

Deliveries in flight are counted by their leases in the database, so the limits apply to all workers
together. A tenant has at most one event and one manual delivery in flight. SLOTS are for deliveries
that have just begun; one that takes longer than SLOW_AFTER frees its slot and counts as slow. A
tenant whose receiver was slow recently may begin a delivery only while fewer than SLOW_SLOTS are
slow. Manual deliveries may use MANUAL_SLOTS of the slots. The tenant whose last turn is longest ago
comes first, with its oldest event.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, false, func, literal_column, or_, select, true

from webui.core.extensions import db
from webui.models import Delivery, WebhookTurn
from webui.models.columns import UTCDateTime
from webui.models.webhook import QUEUED

SLOTS = 16
"""Deliveries that have just begun, of all workers together."""
MANUAL_SLOTS = 4
"""How many of the slots manual deliveries may use."""
SLOW_SLOTS = 8
"""With fewer slow deliveries in flight than this, another one to a slow receiver may begin."""
MOST = 64
"""Deliveries in flight, of all workers together."""
SLOW_AFTER = timedelta(seconds=2)
"""A delivery that takes longer than this is slow."""
SLOW_FOR = timedelta(minutes=15)
"""How long a receiver counts as slow after a slow response."""

# Written as a literal: with a bound parameter SQLite would not use the partial indexes.
_QUEUED = Delivery.state == literal_column(f"'{QUEUED}'")


@dataclass(frozen=True)
class InFlight:
    """A delivery that a worker is sending."""

    tenant_id: UUID
    manual: bool
    slow: bool
    young: bool


@dataclass
class Capacity:
    """How many deliveries may begin: in total, manual ones, and to slow receivers."""

    slots: int
    manual: int
    slow: int

    @classmethod
    def left_by(cls, flying: Collection[InFlight], most: int) -> "Capacity":
        """Returns the capacity that the deliveries in flight leave, at most ``most``."""
        young = [one for one in flying if one.young]
        return cls(
            slots=min(most, SLOTS - len(young), MOST - len(flying)),
            manual=MANUAL_SLOTS - sum(one.manual for one in young),
            slow=SLOW_SLOTS - sum(one.slow for one in flying),
        )

    def for_lane(self, manual: bool, slow: bool) -> int:
        """Returns how many deliveries of this kind may begin."""
        return min([self.slots] + [self.manual] * manual + [self.slow] * slow)

    def take(self, manual: bool, slow: bool) -> bool:
        """Reserves a place; returns False when there is none."""
        if self.for_lane(manual, slow) < 1:
            return False
        self.slots -= 1
        self.manual -= manual
        self.slow -= slow
        return True


def choose(most: int, at: datetime) -> list[UUID]:
    """Returns the ids of up to ``most`` deliveries to begin now, in the order of the turns."""
    flying = in_flight(at)
    capacity = Capacity.left_by(flying, most)
    chosen = []
    for lane in _waiting(flying, capacity, at):
        if capacity.take(lane.manual, lane.slow):
            chosen.append(lane.id)
    return chosen


def in_flight(at: datetime) -> list[InFlight]:
    """Returns the deliveries of all workers whose lease is valid."""
    query = (
        select(Delivery.tenant_id, Delivery.manual, Delivery.leased_at, WebhookTurn.slow_until)
        .outerjoin(WebhookTurn, WebhookTurn.tenant_id == Delivery.tenant_id)
        .where(Delivery.lease.is_not(None), Delivery.leased_until >= at)
    )
    found = []
    for row in db.session.execute(query):
        young = row.leased_at is not None and row.leased_at > at - SLOW_AFTER
        marked = row.slow_until is not None and row.slow_until > at
        found.append(InFlight(row.tenant_id, row.manual, marked or not young, young))
    return found


def record_turn(tenant_id: UUID, at: datetime) -> None:
    """Records that a tenant had its turn, in the current transaction."""
    _turn(tenant_id).served_at = at


def record_response(tenant_id: UUID, duration_ms: int, at: datetime) -> None:
    """Records a slow response of a receiver, in the current transaction."""
    if timedelta(milliseconds=duration_ms) >= SLOW_AFTER:
        _turn(tenant_id).slow_until = at + SLOW_FOR


def record_outcome(tenant_id: UUID, arrived: bool, at: datetime) -> None:
    """Records since when a receiver fails, in the current transaction."""
    turn = _turn(tenant_id)
    turn.failing_since = None if arrived else turn.failing_since or at


def _turn(tenant_id: UUID) -> WebhookTurn:
    turn = db.session.get(WebhookTurn, tenant_id)
    if turn is None:
        turn = WebhookTurn(tenant_id=tenant_id)
        db.session.add(turn)
    return turn


def _waiting(flying: Collection[InFlight], capacity: Capacity, at: datetime) -> Sequence[Any]:
    """Returns the first delivery of each lane that may begin, longest waiting tenant first."""
    found: list[Any] = []
    for manual, slow in ((False, False), (True, False), (False, True), (True, True)):
        most = capacity.for_lane(manual, slow)
        if most > 0:
            busy = [one.tenant_id for one in flying if one.manual is manual]
            values = {"at": at, "busy": busy, "most": most}
            found += db.session.execute(_HEADS[manual, slow], values)
    never = datetime.min.replace(tzinfo=at.tzinfo)
    return sorted(found, key=lambda lane: (lane.served_at or never, lane.due_at, lane.id))


def _tenants() -> Any:
    """Selects the tenants with queued deliveries, by skipping along an index."""
    of = Delivery.tenant_id
    first = select(of).where(_QUEUED).order_by(of).limit(1).scalar_subquery()
    tenants = select(first.label("tenant_id")).cte("tenants_waiting", recursive=True)
    further = select(of).where(_QUEUED, of > tenants.c.tenant_id).order_by(of).limit(1)
    step = select(further.correlate(tenants).scalar_subquery())
    return tenants.union_all(step.where(tenants.c.tenant_id.is_not(None)))


def _heads(manual: bool, slow: bool) -> Select[Any]:
    """Selects the oldest due delivery of each tenant that has none of this kind in flight."""
    tenants, turn, at = _tenants(), WebhookTurn, bindparam("at", type_=UTCDateTime())
    lane = and_(
        _QUEUED,
        Delivery.tenant_id == tenants.c.tenant_id,
        Delivery.manual == (true() if manual else false()),
        Delivery.due_at <= at,
    )
    order = (Delivery.due_at, Delivery.id)
    head = select(Delivery.id).where(lane).order_by(*order).limit(1).correlate(tenants)
    heads = select(tenants.c.tenant_id, head.scalar_subquery().label("id")).subquery()
    is_slow = turn.slow_until > at
    speed = is_slow if slow else or_(turn.slow_until.is_(None), ~is_slow)
    return (
        select(Delivery.id, Delivery.manual, Delivery.due_at, turn.served_at)
        .add_columns((true() if slow else false()).label("slow"))
        .select_from(heads)
        .join(Delivery, Delivery.id == heads.c.id)
        .outerjoin(turn, turn.tenant_id == heads.c.tenant_id)
        .where(heads.c.tenant_id.not_in(bindparam("busy", expanding=True)), speed)
        .order_by(func.coalesce(turn.served_at, _NEVER), Delivery.due_at, Delivery.id)
        .limit(bindparam("most"))
    )


_NEVER: Any = literal_column("'0001-01-01 00:00:00'")
_HEADS = {
    (manual, slow): _heads(manual, slow) for manual in (False, True) for slow in (False, True)
}
