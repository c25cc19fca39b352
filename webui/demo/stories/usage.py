"""Usage of the platform in the last twelve months."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from random import Random
from typing import Any, NamedTuple

from webui.models.tenant.usage import month_of

MONTHS = 12
"""How many months of usage a tenant has."""
# Calls per month of a tenant with a very high limit.
_BUSIEST = 400_000
# Ranges of the used share of the limit, with the weights of tenants below.
_LEVELS = ((0.0, 0.02), (0.02, 0.3), (0.3, 0.8), (0.8, 0.99), (1.0, 1.0))
_LEVEL_WEIGHTS = (10, 45, 27, 13, 5)
_WITHOUT_ROWS = 0.07


class Month(NamedTuple):
    """A row of ``tenant_usage`` without its tenant."""

    month: str
    usage_cents: int
    calls: int
    minutes: int


class Stop(NamedTuple):
    """A time without calls; ``end`` is None while they are still stopped."""

    start: datetime
    end: datetime | None

    def silences(self, month: str, now: datetime) -> bool:
        """Whether a month has no calls.

        The month of the stop has those before it, but not the current one: a tenant that is
        stopped now would seem to have calls now.
        """
        if self.end is None and month == month_of(now):
            return True
        return month_of(self.start) < month and (self.end is None or month < month_of(self.end))


def months_until(now: datetime) -> tuple[str, ...]:
    """Returns the current month and the eleven before it, newest first."""
    months = []
    day = now.replace(day=15)
    for _ in range(MONTHS):
        months.append(month_of(day))
        day = day.replace(month=day.month - 1) if day.month > 1 else _december(day)
    return tuple(months)


def _december(day: datetime) -> datetime:
    return day.replace(year=day.year - 1, month=12)


def usage(
    rng: Random,
    state: Mapping[str, Any],
    stops: Sequence[Stop],
    began: datetime,
    now: datetime,
) -> tuple[Month, ...]:
    """Returns the usage of a tenant in its present state, created at ``began``."""
    if rng.random() < _WITHOUT_ROWS or state["onboarded_at"] is None:
        return ()
    low, high = rng.choices(_LEVELS, _LEVEL_WEIGHTS)[0]
    limit = min(state["monthly_call_limit"], _BUSIEST)
    rows = []
    for age, month in enumerate(months_until(now)):
        level = rng.uniform(low, high) * 0.97**age * rng.uniform(0.85, 1) ** (age > 0)
        silent = any(stop.silences(month, now) for stop in stops)
        calls = 0 if silent else int(limit * level)
        rows.append(_month(rng, month, calls))
    # All months are generated and then filtered, so that the date of the run does not change the
    # sequence of random numbers.
    return tuple(row for row in rows if row.month >= month_of(began))


def _month(rng: Random, month: str, calls: int) -> Month:
    minutes = int(calls * rng.uniform(1.2, 3.8))
    return Month(month, int(minutes * rng.uniform(2.5, 4.5)), calls, minutes)
