"""Lengths of time as text."""

from datetime import timedelta

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))
# Above this many seconds a coarser unit is exact enough.
_SECONDS_UP_TO = 120


def in_words(length: timedelta) -> str:
    """Returns a waiting time as "30 seconds" or "15 minutes", rounded up: never too short."""
    seconds = whole_seconds(length)
    if seconds <= _SECONDS_UP_TO:
        return _counted(seconds, "second")
    for word, size in _UNITS:
        if seconds >= 2 * size:
            return _counted(-(-seconds // size), word)
    raise AssertionError("two minutes are more than any number of seconds here")


def whole_seconds(length: timedelta) -> int:
    """Returns the length in seconds, rounded up, at least 1."""
    return max(1, -(-length // timedelta(seconds=1)))


def _counted(count: int, word: str) -> str:
    return f"{count} {word if count == 1 else word + 's'}"
