"""Template filters for counts and for the monthly limit of calls."""

from webui.models.tenant.usage import THRESHOLDS, is_cap, share_used


def plural(count: int, one: str, many: str | None = None) -> str:
    """1 -> "1 call", 2 -> "2 calls"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def limit_words(limit: int) -> str:
    """Format a limit: "50,000", or "No cap"."""
    return f"{limit:,}" if is_cap(limit) else "No cap"


def is_at_limit(calls: int, limit: int) -> bool:
    """Whether a limit is reached; of one of 0 :func:`of_limit` speaks itself."""
    return 0 < limit <= calls and is_cap(limit)


def limit_mark(calls: int, limit: int) -> str:
    """Returns what stands out about calls near the limit: "85% used", "Limit reached" or ""."""
    if is_at_limit(calls, limit):
        return "Limit reached"
    share = share_used(calls, limit) if limit else None
    return f"{share}% used" if share is not None and share >= THRESHOLDS[0] else ""


def of_limit(calls: int, limit: int) -> str:
    """Format calls with the monthly limit: "962 of 1,000 calls", "no cap", "none allowed"."""
    if limit == 0:
        return f"{plural(calls, 'call')}, none allowed"
    if not is_cap(limit):
        return f"{plural(calls, 'call')}, no cap"
    return f"{calls:,} of {plural(limit, 'call')}"
