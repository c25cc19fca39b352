"""What follows from usage: the shares of the call limit, and the thresholds that were reached.

No event is queued for them: the receivers of demo tenants do not exist.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from webui.core.extensions import db
from webui.core.many_ids import ByIds
from webui.models import Tenant, UsageThreshold
from webui.models.tenant.usage import month_of, thresholds_reached
from webui.usage.ranks import Used, set_ranks

_TENANTS = Tenant.__table__.c
_LIMITS = ByIds(select(_TENANTS.id, _TENANTS.monthly_call_limit), _TENANTS.id)


def write_shares(usage: Sequence[dict[str, Any]], at: datetime) -> None:
    """Writes what follows from the rows of ``tenant_usage`` for the month of ``at``."""
    month = month_of(at)
    calls = {row["tenant_id"]: row["calls"] for row in usage if row["month"] == month}
    used = [Used(row.id, calls[row.id], row.monthly_call_limit) for row in _LIMITS.rows(calls)]
    set_ranks(month, used)
    rows = [
        {"tenant_id": one.tenant_id, "month": month, "threshold": threshold, "reached_at": at}
        for one in used
        for threshold in thresholds_reached(one.calls, one.limit)
    ]
    if rows:
        connection = db.session.connection()
        connection.execute(insert(UsageThreshold.__table__), rows)  # type: ignore[arg-type]
