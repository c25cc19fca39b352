"""Lengths of time in words."""

from datetime import timedelta

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))
# From this many seconds on a coarser word is exact enough.
_SECONDS_UP_TO = 120


def in_words(length: timedelta) -> str:
    """A wait, rounded up so that it is never promised too short: "30 seconds", "15 minutes"."""
    seconds = whole_seconds(length)
    if seconds <= _SECONDS_UP_TO:
        return _counted(seconds, "second")
    for word, size in _UNITS:
        if seconds >= 2 * size:
            return _counted(-(-seconds // size), word)
    raise AssertionError("two minutes are more than any number of seconds here")


def whole_seconds(length: timedelta) -> int:
    """Seconds, rounded up, at least one."""
    return max(1, -(-length // timedelta(seconds=1)))


def _counted(count: int, word: str) -> str:
    return f"{count} {word if count == 1 else word + 's'}"
