"""The rate limit of requests with one API token.

Counted in the memory of each process, because a request must not write: a server of n processes
lets a token do up to n times as many requests.
"""

import math
import threading
import time
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

PER_MINUTE = 600
_LIMIT = RateLimitItemPerMinute(PER_MINUTE)


class _Memory(MemoryStorage):
    """The library's memory without its thread, which it starts anew for nearly every request.

    The thread only forgets what has expired, and starting it takes as long as reading a tenant.
    Here each token has at most its newest PER_MINUTE requests, and only valid ones are counted.
    """

    def __init__(self) -> None:
        super().__init__()
        # Alive as long as the process, so no other one is started.
        self.timer = threading.main_thread()  # type: ignore[assignment]

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Counts a request if it is allowed, and forgets those that decide nothing any more."""
        allowed = super().acquire_entry(key, limit, expiry, amount)
        del self.events[key][limit:]
        return allowed


@cache
def _limiter() -> MovingWindowRateLimiter:
    """Returns the process's counter."""
    return MovingWindowRateLimiter(_Memory())


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
