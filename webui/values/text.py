"""Names, reasons and whole numbers."""

import re
import unicodedata
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from webui.core.catalogue import FIELDS
from webui.core.field_types import Sealed, Text, Whole
from webui.values import hidden_characters
from webui.values.digits import meant_number

# Unicode's space separators. Tabs and line breaks are control characters: they are refused.
_SPACES = re.compile("[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
# Numbers grouped as pages show them. Refused, because a point may group digits or be decimal.
_GROUPED = re.compile(r"[0-9]+(?:[,.'’\s][0-9]+)+")
NFC_JOINS = 4
"""One character of NFC may be typed as up to four (U+1F82), also counted in UTF-16 units."""

T = TypeVar("T")
USERNAME = re.compile(r"[A-Za-z0-9._-]{3,50}")
"""The form of a username; usernames are compared without case."""


class Refused(ValueError):
    """The text is not acceptable; the message says why, without repeating the text.

    ``meant``: what the field accepts and was probably meant, or None.
    """

    meant: str | None = None


def clean_text(raw: str, maximum: int) -> str:
    """Returns the text in NFC, trimmed, with single spaces.

    Refuses first what is surely longer than ``maximum`` characters: the time of NFC grows with
    the square of the number of combining marks, to a minute for a form full of them.
    """
    short = within(_SPACES.sub(" ", raw.strip()), maximum * NFC_JOINS)
    return unicodedata.normalize("NFC", short).strip()


def refuse_hidden(value: str, *, skipped: int = 0, joiners: bool = False) -> None:
    """Refuses hidden characters and says where the first one stands.

    ``skipped``: the number of characters that were trimmed before ``value``. ``joiners`` as in
    :func:`hidden_characters.hidden_in`.
    """
    found = hidden_characters.hidden_in(value, joiners=joiners)
    if found:
        where = hidden_characters.found_words([(skipped + place, name) for place, name in found])
        raise Refused(f"Remove the invisible character{'s' if found[1:] else ''} ({where}).")


def names_hidden(parse: Callable[[str], T]) -> Callable[[str], T]:
    """Makes a rule that refuses a text with a hidden character say so, and where it stands."""

    @wraps(parse)
    def parsed(raw: str) -> T:
        try:
            return parse(raw)
        except Refused:
            refuse_hidden(raw.strip(), skipped=_skipped(raw))
            raise

    return parsed


def _skipped(raw: str) -> int:
    return len(raw) - len(raw.lstrip())


def text(raw: str, field: Text) -> str:
    """Returns one line of text within the field's limits.

    Refuses control, bidirectional and zero-width characters (Unicode TR 36, 3.1: spoofing).
    """
    value = clean_text(raw, field.maximum)
    if not value and field.minimum:
        raise Refused(f"Enter a {field.label.lower()}.")
    refuse_hidden(raw.strip(), skipped=_skipped(raw), joiners=field.prose)
    if value and not any(unicodedata.category(character)[0] in "LNPS" for character in value):
        raise Refused("Use at least one character that can be seen.")
    if not field.minimum <= len(value) <= field.maximum:
        raise Refused(
            f"Use {field.minimum} to {field.maximum} characters. This has {len(value):,}."
        )
    return value


def whole_number(raw: str, field: Whole) -> int:
    """Returns a whole number, written with the digits 0-9, within the field's limits.

    Refuses anything else; if it is clear which number was meant, the refusal says it.
    """
    number = _digits(raw.strip(), field)
    if number is not None:
        return number
    meant = meant_number(raw)
    possible = meant is not None and _digits(meant, field) is not None
    try:
        refuse_hidden(raw.strip(), skipped=_skipped(raw))
        more = " Digits only, without commas, points or spaces."
        raise Refused(field.rule + (more if _GROUPED.fullmatch(raw.strip()) else ""))
    except Refused as refusal:
        refusal.meant = meant if possible else None
        raise


def _digits(value: str, field: Whole) -> int | None:
    # Leading zeros are allowed. More digits than the maximum has cannot be within the limits.
    digits = value.lstrip("0") or "0"
    if not re.fullmatch(r"[0-9]+", value) or len(digits) > len(str(field.maximum)):
        return None
    return int(digits) if field.minimum <= int(digits) <= field.maximum else None


def sealed(name: str) -> Sealed:
    """Returns the field of the catalogue as a Sealed one."""
    field = FIELDS[name]
    assert isinstance(field, Sealed)
    return field


def within(value: str, maximum: int) -> str:
    """Returns the value. Refuses one longer than ``maximum`` characters."""
    if len(value) > maximum:
        raise Refused(f"Use at most {maximum:,} characters. This has {len(value):,}.")
    return value
