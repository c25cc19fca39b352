"""When a delivery that failed is tried again: exponential backoff with jitter.

Eight attempts over about 13 hours, as Standard Webhooks recommends: the first pause is 5
seconds, the last one 10 hours, each of the seven about 4.4 times the one before.
"""

from datetime import timedelta

ATTEMPTS = 8
FIRST = timedelta(seconds=5)
LAST = timedelta(hours=10)
_FACTOR = (LAST / FIRST) ** (1 / (ATTEMPTS - 2))
# Of a pause, up or down: deliveries that failed together do not come back together.
_JITTER = 0.2


def pause(attempts: int, chance: float) -> timedelta | None:
    """How long to wait after so many attempts, None when there are no more.

    ``chance`` is a random number from 0 to 1.
    """
    if attempts >= ATTEMPTS:
        return None
    wait = FIRST * _FACTOR ** (attempts - 1) * (1 + _JITTER * (2 * chance - 1))
    return min(max(wait, FIRST), LAST)
