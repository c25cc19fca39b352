"""What is wrong with deliveries: since when they fail, what waits, what did not arrive."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from webui.core.extensions import read
from webui.models import Delivery, WebhookTurn
from webui.models.webhook import CANCELLED, DELIVERED, FAILED, QUEUED
from webui.outbox import Event
from webui.web.number_filters import plural
from webui.webhooks.panel import template_filters

MOST_COUNTED = 1_000
"""More waiting events than these are not counted."""
MOST_AT_ONCE = 200
"""So many events are sent again in one go."""
# Built once: composing the statements takes longer than running them. The states are literals,
# because SQLite uses a partial index only for those.
_SENT, _TURNS = Delivery.__table__.c, WebhookTurn.__table__.c
_OF_TENANT = _SENT.tenant_id == bindparam("tenant_id")
_TRIED = (_SENT.id, _SENT.tried_at, _SENT.status, _SENT.problem, _SENT.state)


def _in_state(*states: str) -> Any:
    return _SENT.state.in_(bindparam("states", states, expanding=True, literal_execute=True))


_WAITING = (
    select(*_TRIED, _SENT.due_at)
    .where(_OF_TENANT, _in_state(QUEUED), _SENT.manual.is_(False))
    .order_by(_SENT.due_at, _SENT.id)
    .limit(MOST_COUNTED + 1)
)
_UNDELIVERED = (
    select(*_TRIED, _SENT.message)
    .where(_OF_TENANT, _in_state(FAILED, CANCELLED), _SENT.event != Event.TEST.value)
    .order_by(_SENT.created_at.desc())
    .limit(MOST_COUNTED)
)
# One query for a page without trouble.
_STATE = select(
    select(_TURNS.failing_since)
    .where(_TURNS.tenant_id == bindparam("tenant_id"))
    .scalar_subquery()
    .label("since"),
    _UNDELIVERED.exists().label("undelivered"),
)
_ON_THEIR_WAY = select(_SENT.message).where(
    _OF_TENANT,
    _in_state(QUEUED, DELIVERED),
    _SENT.message.in_(bindparam("messages", expanding=True)),
)


@dataclass(frozen=True)
class Trouble:
    """The state of a tenant's deliveries when something is wrong, for the person of the request.

    ``since`` is None when the receiver works again. ``result``: the latest failure as text.
    ``next_id`` and ``next_at``: the waiting event that is tried next. ``undelivered``: the number
    of events that are not tried any more. ``mark``: the key of the forms.
    """

    since: datetime | None
    waiting: int
    result: str
    next_id: UUID | None
    next_at: datetime | None
    undelivered: int
    mark: str

    @property
    def waiting_words(self) -> str:
        """ "8 events waiting", "nothing waiting", "more than 1,000 events waiting"."""
        if self.waiting > MOST_COUNTED:
            return f"more than {MOST_COUNTED:,} events waiting"
        if not self.waiting:
            return "nothing waiting"
        return f"{plural(self.waiting, 'event')} waiting"


def trouble(tenant_id: UUID) -> Trouble | None:
    """Returns what is wrong with a tenant's deliveries; None when nothing is."""
    state = read(_STATE, {"tenant_id": tenant_id}).one()
    lost = _undelivered(tenant_id) if state.undelivered else []
    if state.since is None and not lost:
        return None
    waiting = read(_WAITING, {"tenant_id": tenant_id}).all()
    head = waiting[0] if waiting else None
    return Trouble(
        since=state.since,
        waiting=len(waiting),
        result=_latest_failure([*waiting, *lost]),
        next_id=head and head.id,
        next_at=head and head.due_at,
        undelivered=len(lost),
        mark=secrets.token_urlsafe(24),
    )


def undelivered(tenant_id: UUID) -> list[UUID]:
    """Returns one delivery for each event that did not arrive and is not tried any more.

    The oldest MOST_AT_ONCE, in their order.
    """
    return [row.id for row in reversed(_undelivered(tenant_id))][:MOST_AT_ONCE]


def _undelivered(tenant_id: UUID) -> list[Any]:
    """Returns the newest finished delivery of each event that did not arrive, newest first."""
    newest: dict[UUID, Any] = {}
    for row in read(_UNDELIVERED, {"tenant_id": tenant_id}):
        newest.setdefault(row.message, row)
    if not newest:
        return []
    values = {"tenant_id": tenant_id, "messages": list(newest)}
    again = set(read(_ON_THEIR_WAY, values).scalars())
    return [row for message, row in newest.items() if message not in again]


def _latest_failure(rows: list[Any]) -> str:
    tried = [row for row in rows if row.tried_at and row.state != CANCELLED]
    if not tried:
        return ""
    return template_filters.outcome(max(tried, key=lambda row: row.tried_at))
