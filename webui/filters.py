"""How templates show times, numbers and money."""

import json
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, current_app

from webui.limits import MAX_SAFE_INTEGER
from webui.models.columns import now

_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "CAD": "CA$", "AUD": "A$", "NZD": "NZ$"}
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def init_filters(app: Flask) -> None:
    """Registers every function of this module that templates use."""
    for function in (
        number,
        money,
        relative,
        exact,
        day,
        iso,
        pretty_json,
        plural,
        limit_words,
        of_limit,
    ):
        app.jinja_env.filters[function.__name__] = function


def number(value: int) -> str:
    """1234567 -> 1,234,567."""
    return f"{value:,}"


def money(cents: int) -> str:
    """Cents in the configured currency: 391140 -> $3,911.40."""
    code = current_app.extensions["webui_config"].currency
    amount = f"{cents / 100:,.2f}"
    return f"{_SYMBOLS[code]}{amount}" if code in _SYMBOLS else f"{code} {amount}"


def limit_words(limit: int) -> str:
    """A limit by itself: "50,000", or "no cap"."""
    return "No cap" if limit == MAX_SAFE_INTEGER else f"{limit:,}"


def of_limit(calls: int, limit: int) -> str:
    """Calls against a monthly limit: "962 of 1,000 calls", or what the limit means."""
    if limit == 0:
        return f"{plural(calls, 'call')}, none allowed"
    if limit == MAX_SAFE_INTEGER:
        return f"{plural(calls, 'call')}, no cap"
    return f"{calls:,} of {plural(limit, 'call')}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """1 -> "1 call", 2 -> "2 calls"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def relative(at: datetime, current: datetime | None = None) -> str:
    """A time as people say it: "12 minutes ago", "yesterday 16:04 UTC",
    "21 Nov 16:04 UTC", "14 Mar 2025"."""
    current = current or now()
    seconds = (current - at).total_seconds()
    if seconds < _MINUTE:
        return "just now"
    if seconds < _HOUR:
        return f"{plural(int(seconds // _MINUTE), 'minute')} ago"
    if seconds < 12 * _HOUR:
        return f"{plural(int(seconds // _HOUR), 'hour')} ago"
    if at.date() == current.date():
        return f"today {at:%H:%M} UTC"
    if at.date() == (current - timedelta(days=1)).date():
        return f"yesterday {at:%H:%M} UTC"
    return day(at) if at.year != current.year else f"{at.day} {at:%b %H:%M} UTC"


def exact(at: datetime) -> str:
    """21 Nov 2026 16:04:55 UTC."""
    return f"{at.day} {at:%b %Y %H:%M:%S} UTC"


def day(at: datetime) -> str:
    """14 Mar 2025."""
    return f"{at.day} {at:%b %Y}"


def iso(at: datetime) -> str:
    """For the datetime attribute of ``<time>``."""
    return at.isoformat()


def pretty_json(value: Any) -> str:
    """JSON for people, one key a line."""
    return json.dumps(value, ensure_ascii=False, indent=2)
