"""Template filters for the monthly limit of calls."""

from webui.core.field_types import MAX_SAFE_INTEGER


def limit_words(limit: int) -> str:
    """Format a limit: "50,000", or "No cap"."""
    return "No cap" if limit == MAX_SAFE_INTEGER else f"{limit:,}"


def is_cap(limit: int) -> bool:
    """Whether a limit bounds anything."""
    return limit < MAX_SAFE_INTEGER


def is_at_limit(calls: int, limit: int) -> bool:
    """Whether a limit is reached; of one of 0 :func:`of_limit` speaks itself."""
    return 0 < limit <= calls and is_cap(limit)


def of_limit(calls: int, limit: int) -> str:
    """Format calls with the monthly limit: "962 of 1,000 calls", "no cap", "none allowed"."""
    if limit == 0:
        return f"{_calls(calls)}, none allowed"
    if not is_cap(limit):
        return f"{_calls(calls)}, no cap"
    return f"{calls:,} of {_calls(limit)}"


def _calls(count: int) -> str:
    return f"{count:,} call{'s' * (count != 1)}"
