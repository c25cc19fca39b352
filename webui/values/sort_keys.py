"""The order of names: by their search keys, in which numbers sort as people count.

Databases compare sort keys byte by byte. Each number in a key is preceded by its length, so that
2 sorts before 10: "team 9" has the sort key "team 19", "team 10" has "team 210".
"""

import re

SORT_LENGTH = 128
"""In characters. Names that differ only after that many sort by their ids."""
# Sorts before every character of a search key.
_BEFORE_ALL = "\x01"
# Sorts after the digits, and before everything that comes after them.
_AFTER_DIGITS = chr(ord("9") + 1)
_LAST = "\U0010ffff"
_DIGITS = "0123456789"
_NUMBER = re.compile("[0-9]+")


def past(prefix: str) -> str:
    """Returns a text that sorts after every text with the prefix, in byte order."""
    return prefix + _LAST


def sort_key(key: str) -> str:
    """Returns the sort key of a search key or account key.

    Different keys of up to 50 characters have different sort keys: leading zeros, which do not
    count, come last.
    """
    counted = _counted(key)
    if re.search("(?<![0-9])0[0-9]", key):
        counted += _BEFORE_ALL + key
    return counted[:SORT_LENGTH]


def sort_range(prefix: str) -> tuple[str, str]:
    """Returns a range of sort keys, without its end, for all keys that begin with ``prefix``.

    Others may be in the range too: those that go on with another number than a prefix that ends
    in a digit.
    """
    before_number = prefix.rstrip(_DIGITS)
    low = _counted(before_number)[:SORT_LENGTH]
    if before_number == prefix or len(low) == SORT_LENGTH:
        return low, past(low)
    return low + _DIGITS[0], low + _AFTER_DIGITS


def _counted(key: str) -> str:
    return _NUMBER.sub(_with_length, key)


def _with_length(number: re.Match[str]) -> str:
    """Returns the digits after their count, without leading zeros.

    Counts up to 8 are one digit. A 9 means eight more than the digits after it, so any number of
    digits sorts after all shorter ones.
    """
    digits = number[0].lstrip("0") or "0"
    nines, rest = divmod(len(digits) - 1, 8)
    return "9" * nines + str(rest + 1) + digits
