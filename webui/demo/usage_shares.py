"""What follows from usage: the shares of the call limit, and the thresholds that were reached.

No event is queued for them: the receivers of demo tenants do not exist.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from webui.core.many_ids import ByIds
from webui.models import Tenant
from webui.models.tenant.usage import month_of, thresholds_reached
from webui.usage.ranks import Used, set_ranks
from webui.usage.thresholds import store_reached

_TENANTS = Tenant.__table__.c
_LIMITS = ByIds(select(_TENANTS.id, _TENANTS.monthly_call_limit), _TENANTS.id)


def write_shares(usage: Sequence[dict[str, Any]], at: datetime) -> None:
    """Writes what follows from the rows of ``tenant_usage`` for the month of ``at``."""
    month = month_of(at)
    calls = {row["tenant_id"]: row["calls"] for row in usage if row["month"] == month}
    used = [Used(row.id, calls[row.id], row.monthly_call_limit) for row in _LIMITS.rows(calls)]
    set_ranks(month, used)
    reached = [
        (one, threshold) for one in used for threshold in thresholds_reached(one.calls, one.limit)
    ]
    store_reached(month, reached, at)
