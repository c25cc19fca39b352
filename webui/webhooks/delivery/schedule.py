"""When a delivery that failed is tried again: exponential backoff with jitter.

Eight attempts over about 13 hours, as Standard Webhooks recommends: the first pause is 5
seconds, the last one 10 hours, each of the seven about 4.4 times the one before. A receiver that
says when to come back is not asked earlier.
"""

import re
from datetime import datetime, timedelta

from werkzeug.http import parse_date

ATTEMPTS = 8
FIRST = timedelta(seconds=5)
LAST = timedelta(hours=10)
_FACTOR = (LAST / FIRST) ** (1 / (ATTEMPTS - 2))
# Of a pause, up or down: deliveries that failed together do not come back together.
_JITTER = 0.2
_SECONDS = re.compile("[0-9]+")
_DIGITS = 9


def pause(attempts: int, chance: float) -> timedelta | None:
    """How long to wait after so many attempts, None when there are no more.

    ``chance`` is a random number from 0 to 1.
    """
    if attempts >= ATTEMPTS:
        return None
    wait = FIRST * _FACTOR ** (attempts - 1) * (1 + _JITTER * (2 * chance - 1))
    return min(max(wait, FIRST), LAST)


def asked_pause(text: str, at: datetime) -> timedelta | None:
    """How long a receiver's ``Retry-After`` asks to wait, LAST at most; None for no sense.

    Seconds or a date (RFC 9110, 10.2.3); a date that is over asks for nothing.
    """
    if _SECONDS.fullmatch(text):
        # More digits than that are longer than LAST, and Python's numbers have their limits.
        return min(timedelta(seconds=int(text[:_DIGITS])), LAST)
    date = parse_date(text)
    return min(max(date - at, timedelta()), LAST) if date else None
