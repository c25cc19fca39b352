"""The rate limit of requests with one API token.

Counted in the memory of each process, because a request must not write: a server of n processes
lets a token do up to n times as many requests.
"""

import math
import time
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

PER_MINUTE = 600
_LIMIT = RateLimitItemPerMinute(PER_MINUTE)


@cache
def _limiter() -> MovingWindowRateLimiter:
    """Returns the process's counter, made with its first request: it starts a thread."""
    return MovingWindowRateLimiter(MemoryStorage())


@dataclass(frozen=True)
class Rate:
    """The state of a token's limit after a request, for the RateLimit headers of the answer.

    ``limit``: requests a minute. ``remaining``: how many more are allowed at once.
    ``reset_seconds``: whole seconds until the oldest counted request is a minute old, which is
    the wait when ``allowed`` is False.
    """

    limit: int
    remaining: int
    reset_seconds: int
    allowed: bool


def count_request(token_id: UUID) -> Rate:
    """Counts a request of the token. A request that is not allowed is not counted."""
    allowed = _limiter().hit(_LIMIT, token_id.hex)
    window = _limiter().get_window_stats(_LIMIT, token_id.hex)
    wait = math.ceil(window.reset_time - time.time())
    return Rate(PER_MINUTE, window.remaining, max(1, wait), allowed)
