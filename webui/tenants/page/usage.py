"""A tenant's usage in the current month, against its limit, and in the months before."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from sqlalchemy import bindparam, select

from webui.core.extensions import read
from webui.core.limits import Service
from webui.models import Tenant, TenantUsage
from webui.models.tenant.services import stopped_services
from webui.models.tenant.usage import is_cap, month_of, share_used, thresholds_reached
from webui.tenants.page.usage_chart import Chart, draw

# Built once: composing the statement takes longer than running it.
_METERED = TenantUsage.__table__.c
_USAGE = select(_METERED.month, _METERED.usage_cents, _METERED.calls, _METERED.minutes).where(
    _METERED.tenant_id == bindparam("tenant_id"),
    _METERED.month.between(bindparam("first"), bindparam("last")),
)
MONTHS = 12
"""How many months are shown, with the current one."""


@dataclass(frozen=True)
class Month:
    """Usage of one month; ``day`` is its first day."""

    day: date
    cents: int = 0
    calls: int = 0
    minutes: int = 0


@dataclass(frozen=True)
class Usage:
    """Usage in the current month so far, the tenant's limit, and all months, oldest first."""

    month: str
    cents: int
    calls: int
    minutes: int
    limit: int
    projected: int
    months: list[Month]

    @property
    def percent(self) -> int | None:
        """Calls as a percentage of the limit, rounded down; None without an effective limit."""
        return share_used(self.calls, self.limit) if self.limit else None

    @property
    def remaining(self) -> int | None:
        """The calls that the limit still allows; None without a cap."""
        return max(0, self.limit - self.calls) if is_cap(self.limit) else None

    @property
    def notices(self) -> list[str]:
        """What stands out about the calls against the limit."""
        if self.percent is None:
            return []
        if self.percent >= 100:
            return ["The limit is reached."]
        reached = thresholds_reached(self.calls, self.limit)
        words = [f"{reached[-1]}% of the limit is reached."] if reached else []
        if self.projected > self.limit:
            words.append("At this pace the limit is reached before the month ends.")
        return words

    @cached_property
    def chart(self) -> Chart | None:
        """The calls of all months; None when there were none."""
        return draw([month.calls for month in self.months], self.projected, self.limit)

    @property
    def known(self) -> list[Month]:
        """The months since the first one with usage, the newest first."""
        used = [month for month in self.months if month != Month(month.day)]
        return [month for month in self.months if used and month.day >= used[0].day][::-1]


def usage_of(tenant: Tenant, at: datetime) -> Usage:
    """Returns the usage in the month of ``at`` so far, and in the months before."""
    days = _first_days(at)
    span = {"first": month_of(days[0]), "last": month_of(days[-1])}
    found = {row.month: row[1:] for row in read(_USAGE, {"tenant_id": tenant.id, **span})}
    months = [Month(day, *found.get(month_of(day), ())) for day in days]
    current = months[-1]
    calls = current.calls
    return Usage(
        month=f"{at:%B}",
        cents=current.cents,
        calls=calls,
        minutes=current.minutes,
        limit=tenant.monthly_call_limit,
        projected=calls if _no_more_calls(tenant, calls) else _projected(calls, at),
        months=months,
    )


def _first_days(at: datetime) -> list[date]:
    """Returns the first days of the shown months, oldest first."""
    last = at.year * 12 + at.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(last - MONTHS + 1, last + 1)]


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
