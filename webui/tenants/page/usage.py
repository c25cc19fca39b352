"""A tenant's usage in the current month, against its limit."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from webui.core.extensions import read
from webui.core.limits import Service
from webui.models import Tenant, TenantUsage
from webui.models.tenant.services import stopped_services
from webui.models.tenant.usage import is_cap, month_of

# Built once: composing the statement takes longer than running it.
_METERED = TenantUsage.__table__.c
_USAGE = select(_METERED.usage_cents, _METERED.calls, _METERED.minutes).where(
    _METERED.tenant_id == bindparam("tenant_id"), _METERED.month == bindparam("month")
)


@dataclass(frozen=True)
class Usage:
    """Usage in the current month so far, and the tenant's limit."""

    month: str
    cents: int
    calls: int
    minutes: int
    limit: int
    projected: int

    @property
    def percent(self) -> int | None:
        """Calls as a percentage of the limit, rounded down; None without an effective limit."""
        return self.calls * 100 // self.limit if self.limit and is_cap(self.limit) else None


def usage_of(tenant: Tenant, at: datetime) -> Usage:
    """Returns the usage in the month of ``at`` so far."""
    row = read(_USAGE, {"tenant_id": tenant.id, "month": month_of(at)}).first()
    calls = row.calls if row else 0
    return Usage(
        month=f"{at:%B}",
        cents=row.usage_cents if row else 0,
        calls=calls,
        minutes=row.minutes if row else 0,
        limit=tenant.monthly_call_limit,
        projected=calls if _no_more_calls(tenant, calls) else _projected(calls, at),
    )


def _no_more_calls(tenant: Tenant, calls: int) -> bool:
    stopped = stopped_services(tenant.status, tenant.blocked_services)
    return Service.CALLS in stopped or calls >= tenant.monthly_call_limit


def _projected(calls: int, at: datetime) -> int:
    """Returns the calls by the month's end, if they go on as they did until ``at``."""
    passed = at.day - 1 + (at.hour * 60 + at.minute) / 1_440
    if passed < 1:
        # An estimate from less than one day of data would be too inaccurate.
        return calls
    return round(calls * monthrange(at.year, at.month)[1] / passed)
