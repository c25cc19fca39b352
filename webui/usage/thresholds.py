"""Thresholds of the monthly call limit: recorded once per month, tenant and threshold.

They are decided in the transaction that stores usage or changes the limit, while the tenant's row
is locked, so two of them cannot miss or repeat one.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, insert, select

from webui import outbox
from webui.core.extensions import db, read
from webui.core.many_ids import ByIds
from webui.history.record.actor import Actor
from webui.models import Tenant, TenantUsage, UsageThreshold
from webui.models.columns import now
from webui.models.tenant.usage import month_of, thresholds_reached
from webui.usage.ranks import Used, set_ranks

_RECORDED, _METERED = UsageThreshold.__table__.c, TenantUsage.__table__.c
_KNOWN = ByIds(
    select(_RECORDED.tenant_id, _RECORDED.threshold).where(_RECORDED.month == bindparam("month")),
    _RECORDED.tenant_id,
)
_RECORD = insert(UsageThreshold.__table__)  # type: ignore[arg-type]
_CALLS = select(_METERED.calls).where(
    _METERED.tenant_id == bindparam("tenant_id"), _METERED.month == bindparam("month")
)


def calls_this_month(tenant_id: UUID) -> int | None:
    """Returns the calls in the current month so far; None before the first report."""
    return read(_CALLS, {"tenant_id": tenant_id, "month": month_of(now())}).scalar()


def record_reached(month: str, used: Sequence[Used], actor: Actor) -> None:
    """Records the thresholds that are reached for the first time and queues their events."""
    reached = {one: thresholds_reached(one.calls, one.limit) for one in used}
    ids = [one.tenant_id for one, thresholds in reached.items() if thresholds]
    known = {(row.tenant_id, row.threshold) for row in _KNOWN.rows(ids, month=month)}
    fresh = [
        (one, threshold)
        for one, thresholds in reached.items()
        for threshold in thresholds
        if (one.tenant_id, threshold) not in known
    ]
    if not fresh:
        return
    store_reached(month, fresh, now())
    outbox.queue_each(
        outbox.Event.USAGE_THRESHOLD,
        [
            (
                one.tenant_id,
                {"month": month, "threshold": threshold, "calls": one.calls, "limit": one.limit},
            )
            for one, threshold in fresh
        ],
        actor,
    )


def store_reached(month: str, reached: Sequence[tuple[Used, int]], at: datetime) -> None:
    """Stores (use, threshold) as reached; of demo tenants without an event."""
    rows = [
        {"tenant_id": one.tenant_id, "month": month, "threshold": threshold, "reached_at": at}
        for one, threshold in reached
    ]
    if rows:
        db.session.connection().execute(_RECORD, rows)


def follow_limit(tenant: Tenant, actor: Actor) -> None:
    """Judges this month's usage by a limit that was just changed, before the entry is recorded.

    ``tenant`` is loaded for update in the current write transaction.
    """
    calls = calls_this_month(tenant.id)
    if calls is None:
        return
    month, limit = month_of(now()), tenant.monthly_call_limit
    used = [Used(tenant.id, calls, limit)]
    set_ranks(month, used)
    record_reached(month, used, actor)
