"""Template filters for times, numbers and money."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any

import orjson
from flask import Flask, current_app, g, has_app_context
from flask_login import current_user
from markupsafe import Markup

from webui.models.columns import now
from webui.models.tenant.usage import is_cap
from webui.values.time_zones import by_region, zone
from webui.web import number_filters

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "CAD": "CA$", "AUD": "A$", "NZD": "NZ$"}
_BADGE = Markup('<span class="state-badge %s">%s</span>')
_TIME = Markup('<time datetime="%s" title="%s"%s>%s</time>')
# How the pages' script (static/js/times.js) renews a time; it repeats the words of `_relative` and
# `_moment`.
_AGO, _CLOCK = Markup(' data-words="ago"'), Markup(' data-words="clock"')
# A page contains dozens of times, most of which the next page contains again.
_TIMES_KEPT = 4_096
_COUNTDOWN = Markup(
    '<time datetime="%s" title="%s">for <span data-until="%s">%s</span> more</time>'
)
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def init_filters(app: Flask) -> None:
    """Registers the functions of this module that templates use."""
    for function in (
        number,
        money,
        relative,
        exact,
        to_second,
        day,
        when,
        moment,
        is_cap,
        is_past,
        upper_first,
        on_day,
        time_of_day,
        iso,
        pretty_json,
        number_filters.plural,
        number_filters.limit_words,
        number_filters.of_limit,
        number_filters.limit_mark,
        place,
        time_left,
        countdown,
    ):
        app.jinja_env.filters[function.__name__] = function
    app.jinja_env.tests["at_limit"] = number_filters.is_at_limit
    app.jinja_env.globals.update(
        time_zones=by_region,
        since=since,
        reader_zone_words=reader_zone_words,
        reader_zone_name=reader_zone_name,
        current_time=now,
    )


def badge(tone: str, words: str) -> Markup:
    """Returns a state as a coloured badge: good, warn, bad or none."""
    return _BADGE % (tone, words)


def number(value: int) -> str:
    """1234567 -> 1,234,567."""
    return f"{value:,}"


def money(cents: int) -> str:
    """Format cents in the configured currency: 391140 -> $3,911.40."""
    code = current_app.extensions["webui_config"].currency
    amount = f"{cents // 100:,}.{cents % 100:02}"
    return f"{_SYMBOLS[code]}{amount}" if code in _SYMBOLS else f"{code} {amount}"


def upper_first(words: str) -> str:
    """Returns the words with a capital first letter; SIP stays as it is."""
    return words[:1].upper() + words[1:]


def relative(at: datetime, current: datetime | None = None) -> str:
    """Format a time as people say it, in the account's time zone: "12 minutes ago", "yesterday
    16:04", "21 Nov 16:04", "14 Mar 2025". The zone is named once, at the end of the page.
    """
    return _relative(local(at), current or now())


def _relative(here: datetime, current: datetime) -> str:
    seconds = (current - here).total_seconds()
    if seconds < _MINUTE:
        return "just now"
    if seconds < _HOUR:
        return f"{number_filters.plural(int(seconds // _MINUTE), 'minute')} ago"
    if seconds < 12 * _HOUR:
        return f"{number_filters.plural(int(seconds // _HOUR), 'hour')} ago"
    return _moment(here, current, "today ")


def _moment(here: datetime, current: datetime, today: str = "") -> str:
    current = current.astimezone(here.tzinfo)
    if here.date() == current.date():
        return f"{today}{here:%H:%M}"
    if here.date() == (current - timedelta(days=1)).date():
        return f"yesterday {here:%H:%M}"
    return calendar_day(here) if here.year != current.year else f"{here.day} {here:%b %H:%M}"


def time_left(until: datetime, current: datetime | None = None) -> str:
    """Format the time until ``until``, rounded up to minutes: "23 h 41 min", "24 h", "5 min"."""
    minutes = max(0, -int((((current or now()) - until).total_seconds()) // _MINUTE))
    hours, minutes = divmod(minutes, 60)
    shown = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes or not hours)
    return " ".join(shown)


def countdown(until: datetime) -> Markup:
    """``<time>``: "for 23 h 41 min more", which the pages' script counts down."""
    return _COUNTDOWN % (iso(until), exact(until), iso(until), time_left(until))


def exact(at: datetime) -> str:
    """In the account's time zone with UTC: "21 Nov 2026 17:04:55 CET (16:04:55 UTC)"."""
    return _exact(at, _reader_zone())


# The key includes the zone: in one zone, equal times have one text.
@lru_cache(maxsize=_TIMES_KEPT)
def _exact(at: datetime, read_in: tzinfo) -> str:
    here, utc = at.astimezone(read_in), at.astimezone(UTC)
    words = f"{_to_second(here)} {here:%Z}"
    if here.utcoffset() == utc.utcoffset():
        return words
    date = "" if here.date() == utc.date() else f"{utc.day} {utc:%b} "
    return f"{words} ({date}{utc:%H:%M:%S} UTC)"


def to_second(at: datetime) -> str:
    """In the account's time zone, which is not named: "21 Nov 2026 17:04:55"."""
    return _to_second(local(at))


def _to_second(here: datetime) -> str:
    return f"{here.day} {here:%b %Y %H:%M:%S}"


def reader_zone_name() -> str:
    """Returns the zone's name for the pages' scripts: "Europe/Berlin", "UTC"."""
    return str(_reader_zone())


def reader_zone_words() -> str:
    """Returns the zone in which the page's times are: "Europe/Berlin (CET, UTC+01:00)", "UTC"."""
    here = local(now())
    if str(here.tzinfo) == "UTC":
        return "UTC"
    abbreviation = here.tzname() or ""
    offset = f"UTC{here.isoformat()[-6:]}"
    known = [abbreviation, offset] if abbreviation.isalpha() else [offset]
    return f"{here.tzinfo} ({', '.join(known)})"


def day(at: datetime) -> str:
    """Format the day in the account's time zone: 14 Mar 2025."""
    return calendar_day(local(at))


def calendar_day(here: date) -> str:
    """Format a day: 14 Mar 2025."""
    return f"{here.day} {here:%b %Y}"


def when(at: datetime) -> Markup:
    """``<time>``: how long ago, and the exact time on hover."""
    # The zone is read once per time: pages have dozens.
    read_in = _reader_zone()
    return _tag(at, read_in, _relative(at.astimezone(read_in), now()), _AGO)


def since() -> Callable[[datetime], Markup]:
    """Returns :func:`when` for the times of one page, with the zone and the time read once."""
    reader, current = _reader_zone(), now()
    return lambda at: _tag(at, reader, _relative(at.astimezone(reader), current), _AGO)


def is_past(at: datetime) -> bool:
    """Whether a time has come."""
    return at <= now()


def moment(at: datetime) -> Markup:
    """``<time>``: the time of day for today, else with the day: "13:43", "21 Nov 13:43"."""
    read_in = _reader_zone()
    return _tag(at, read_in, _moment(at.astimezone(read_in), now()), _CLOCK)


def on_day(at: datetime) -> Markup:
    """``<time>``: the day, and the exact time on hover."""
    read_in = _reader_zone()
    return _tag(at, read_in, calendar_day(at.astimezone(read_in)))


def time_of_day(at: datetime) -> Markup:
    """``<time>``: 14:52:07, and the exact time on hover."""
    read_in = _reader_zone()
    return _tag(at, read_in, f"{at.astimezone(read_in):%H:%M:%S}")


@lru_cache(maxsize=_TIMES_KEPT)
def _tag(at: datetime, read_in: tzinfo, words: str, renewed: str = "") -> Markup:
    return _TIME % (iso(at.astimezone(UTC)), _exact(at, read_in), renewed, words)


def local(at: datetime) -> datetime:
    """Convert a time to the reader's time zone; UTC without an account."""
    return at.astimezone(_reader_zone())


def _reader_zone() -> tzinfo:
    if not has_app_context():
        return UTC
    # Pages have dozens of times; the reader's zone is read once per request.
    read_in: tzinfo | None = g.get("reader_zone")
    if read_in is None:
        read_in = g.reader_zone = zone(getattr(current_user, "time_zone", "UTC"))
    return read_in


def place(time_zone: str) -> str:
    """Format a time zone for people: "Europe/Isle_of_Man" -> "Isle of Man"."""
    return time_zone.partition("/")[2].replace("_", " ").replace("/", ", ") or time_zone


def iso(at: datetime) -> str:
    """Format a time for the datetime attribute of ``<time>``."""
    return at.isoformat()


def pretty_json(value: Any, *, by_key: bool = False) -> str:
    """Format JSON for people, one key per line; ``by_key`` sorts them, as entries do."""
    order = orjson.OPT_SORT_KEYS if by_key else 0
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | order).decode()
