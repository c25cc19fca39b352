"""Names, reasons and whole numbers, and the normalised text that searches compare."""

import re
import unicodedata
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from webui.core.catalogue import FIELDS
from webui.core.field_types import Sealed, Text, Whole
from webui.values import hidden_characters

# Numbers grouped as pages show them. Refused, because a point may group digits or be decimal.
_GROUPED = re.compile(r"[0-9]+(?:[,.'’\s][0-9]+)+")
WORD_LENGTH = 60
"""In characters. Only this much of a longer word is searched."""
NFC_JOINS = 4
"""One character of NFC may be typed as up to four (U+1F82), also counted in UTF-16 units."""
_WORDS = re.compile(rf"([^\W_]{{1,{WORD_LENGTH}}})[^\W_]*")

T = TypeVar("T")
USERNAME = re.compile(r"[A-Za-z0-9._-]{3,50}")
"""The form of a username; usernames are compared without case."""


class Refused(ValueError):
    """The text is not acceptable; the message says why, without repeating the text."""


def clean_text(raw: str, maximum: int) -> str:
    """Returns the text in NFC, trimmed.

    Refuses first what is surely longer than ``maximum`` characters: the time of NFC grows with
    the square of the number of combining marks, to a minute for a form full of them.
    """
    return unicodedata.normalize("NFC", within(raw.strip(), maximum * NFC_JOINS)).strip()


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
    refuse_hidden(value, skipped=_skipped(raw), joiners=field.prose)
    if value and not any(unicodedata.category(character)[0] in "LNPS" for character in value):
        raise Refused("Use at least one character that can be seen.")
    if not field.minimum <= len(value) <= field.maximum:
        raise Refused(
            f"Use {field.minimum} to {field.maximum} characters. This has {len(value):,}."
        )
    return value


def search_key(value: str) -> str:
    """Returns the text in the form that searches compare: without case and accents."""
    if value.isascii():
        # The same result in a fifth of the time.
        return value.lower().strip()
    decomposed = unicodedata.normalize("NFKD", value.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold().strip()


# Letters whose stroke people omit, as they omit accents. Unicode does not decompose them.
_PLAIN_LETTERS = str.maketrans(
    {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t"}
    | {"æ": "ae", "œ": "oe", "þ": "th"}
)


def name_key(value: str) -> str:
    """Returns a tenant's name as searches and sorting compare it: "lodz" finds "Łódź"."""
    return search_key(value).translate(_PLAIN_LETTERS)


def search_words(value: str) -> list[str]:
    """Returns the different words of a text, in order, in the form that searches compare."""
    return list(dict.fromkeys(_WORDS.findall(search_key(value))))


def whole_number(raw: str, field: Whole) -> int:
    """Returns a whole number, written with the digits 0-9, within the field's limits."""
    value = raw.strip()
    if _GROUPED.fullmatch(value):
        raise Refused(f"{field.rule} Digits only, without commas, points or spaces.")
    # Leading zeros are allowed. More digits than the maximum has cannot be within the limits.
    digits = value.lstrip("0") or "0"
    if not re.fullmatch(r"[0-9]+", value) or len(digits) > len(str(field.maximum)):
        raise Refused(field.rule)
    if not field.minimum <= int(digits) <= field.maximum:
        raise Refused(field.rule)
    return int(digits)


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
