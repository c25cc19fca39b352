"""Times of the history's filters and pages: UTC in URLs, the account's time zone in pages."""

import re
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta, tzinfo

from webui.models.columns import now
from webui.web.template_filters import day, local

# An unencoded plus sign in a URL is decoded as a space.
_LOST_PLUS = re.compile(r" (\d{2}:\d{2})$")
_STEPS = {
    len("2026-11-23T14:52"): timedelta(minutes=1),
    len("2026-11-23T14:52:07"): timedelta(seconds=1),
}
PRESETS = {"Today": 0, "7 days": 7, "30 days": 30, "90 days": 90}
"""Label -> number of days before today; the range starts at the beginning of that day."""


def reader_zone() -> tzinfo:
    """Returns the account's time zone, in which times are shown."""
    return local(now()).tzinfo or UTC


def from_url(value: str, *, end: bool = False) -> datetime:
    """Parses a time of the URL; without a zone it is UTC.

    ``end``: the time ends a range, so a date means its last moment. Raises ValueError.
    """
    at = datetime.fromisoformat(_LOST_PLUS.sub(r"+\1", value))
    return _in_utc(_whole(at, value, end), UTC, end)


def time_as_typed(value: str, *, end: bool = False) -> datetime:
    """Parses a time that a person typed or chose, in their time zone. Raises ValueError.

    ``end``: the time ends a range; a day, a minute or a second means its last moment. For an hour
    that a clock shows twice, the range contains both.
    """
    at = datetime.fromisoformat(value)
    step = _STEPS.get(len(value))
    if end and step and at.tzinfo is None:
        at += step - timedelta(microseconds=1)
    return _in_utc(_whole(at, value, end), reader_zone(), end)


def _whole(at: datetime, value: str, end: bool) -> datetime:
    """Returns the time; for a date at the end of a range, its last moment."""
    try:
        return datetime.combine(date.fromisoformat(value), time.max) if end else at
    except ValueError:
        return at


def _in_utc(at: datetime, default: tzinfo, end: bool) -> datetime:
    if at.tzinfo is None:
        at = at.replace(tzinfo=default)
    if not MINYEAR < at.year < MAXYEAR:
        raise ValueError("a zone may lead out of the calendar from here")
    both = (at.replace(fold=0).astimezone(UTC), at.replace(fold=1).astimezone(UTC))
    return max(both) if end else min(both)


def in_url(at: datetime) -> str:
    """Returns the time for a URL: UTC with Z, in the shortest exact form."""
    at = at.astimezone(UTC).replace(tzinfo=None)
    return at.isoformat(timespec="auto" if at.microsecond else "seconds") + "Z"


def in_input(at: datetime | None) -> str:
    """Returns the value of a datetime-local input, in the person's time zone; empty for None."""
    here = at and local(at)
    if here is None:
        return ""
    return here.strftime("%Y-%m-%dT%H:%M:%S" if here.second else "%Y-%m-%dT%H:%M")


def preset(days: int, current: datetime) -> datetime:
    """Returns the start of a preset range (UTC): a midnight in the person's time zone."""
    first = local(current).date() - timedelta(days=days)
    return datetime.combine(first, time.min, reader_zone()).astimezone(UTC)


def day_of(at: datetime) -> str:
    """Returns the day as "Monday 23 November 2026"."""
    here = local(at)
    return f"{here:%A} {here.day} {here:%B %Y}"


def describe_range(at: datetime) -> str:
    """Returns "23 Nov 2026 14:52", or only the date at the start or end of a day."""
    here = local(at)
    whole = here.time() in (time.min, time.max)
    return day(at) if whole else f"{day(at)} {here:%H:%M}"


def zone_name(at: datetime) -> str:
    """Returns the name of the time zone at that time, such as "CET"."""
    return local(at).tzname() or "UTC"
