"""When a failed delivery is tried again: exponential backoff with jitter.

Eight attempts over about 13 hours, as Standard Webhooks recommends: the first pause is 5 seconds,
the last one 10 hours, each of the seven about 4.4 times the one before. A receiver that sends
Retry-After is not contacted earlier than that.
"""

import re
from datetime import datetime, timedelta

from werkzeug.http import parse_date

ATTEMPTS = 8
FIRST = timedelta(seconds=5)
LAST = timedelta(hours=10)
_FACTOR = (LAST / FIRST) ** (1 / (ATTEMPTS - 2))
# Share of the pause, up or down, so that deliveries that failed together are not retried together.
_JITTER = 0.2
_SECONDS = re.compile("[0-9]+")
_DIGITS = 9


def pause(attempts: int, chance: float) -> timedelta | None:
    """Returns the pause after so many attempts; None when there are no more.

    ``chance`` is a random number from 0 to 1.
    """
    if attempts >= ATTEMPTS:
        return None
    wait = FIRST * _FACTOR ** (attempts - 1) * (1 + _JITTER * (2 * chance - 1))
    return min(max(wait, FIRST), LAST)


def asked_pause(text: str, at: datetime) -> timedelta | None:
    """Parse a ``Retry-After`` header; returns at most LAST, None when it is not valid.

    Seconds or a date (RFC 9110, 10.2.3); zero for a date in the past.
    """
    if _SECONDS.fullmatch(text):
        # More digits than that exceed LAST anyway, and int() refuses very long texts.
        return min(timedelta(seconds=int(text[:_DIGITS])), LAST)
    date = parse_date(text)
    return min(max(date - at, timedelta()), LAST) if date else None
