"""The clock of a run: converts a share of the run's activity to a time."""

from bisect import bisect_right
from datetime import datetime, timedelta
from itertools import accumulate

_HOUR = timedelta(hours=1)
_OFFICE_HOURS = range(7, 18)
_EVENING_HOURS = range(18, 22)
# How much busier the last day is than the first one.
_GROWTH = 2.5


class WorkClock:
    """Maps shares from 0 to 1 to times from ``start`` to ``end``, in increasing order.

    Most activity falls into office hours and into the recent past. Stories use shares, so that
    their content does not depend on the date of the run.
    """

    def __init__(self, start: datetime, end: datetime) -> None:
        self.start = start
        self.end = max(start, end)
        hours = int((self.end - start) / _HOUR) + 1
        weights = (
            _busyness(start + n * _HOUR) * (1 + _GROWTH * (n + 1) / hours) for n in range(hours)
        )
        self._reached = [0.0, *accumulate(weights)]
        self._piece = (self.end - start) / hours

    def at(self, share: float) -> datetime:
        """Returns the time by which ``share`` of the run's activity has happened."""
        target = share * self._reached[-1]
        piece = min(bisect_right(self._reached, target), len(self._reached) - 1) - 1
        before, after = self._reached[piece], self._reached[piece + 1]
        inside = (target - before) / (after - before)
        return min(self.end, self.start + self._piece * (piece + inside))


def _busyness(hour: datetime) -> float:
    day = 0.25 if hour.weekday() >= 5 else 1.0
    if hour.hour in _OFFICE_HOURS:
        return 10 * day
    return 2 * day if hour.hour in _EVENING_HOURS else 0.5
