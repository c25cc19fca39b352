"""Names, reasons and whole numbers, and the normalised text that searches compare."""

import re
import unicodedata

from webui.core.catalogue import FIELDS
from webui.core.field_types import Sealed, Text, Whole

# Numbers grouped as pages show them. Refused, because a point may group digits or be decimal.
_GROUPED = re.compile(r"[0-9]+(?:[,.'’\s][0-9]+)+")
WORD_LENGTH = 60
"""In characters. Only this much of a longer word is searched."""
NFC_JOINS = 4
"""One character of NFC may be typed as up to four (U+1F82), also counted in UTF-16 units."""
_WORDS = re.compile(rf"([^\W_]{{1,{WORD_LENGTH}}})[^\W_]*")

USERNAME = re.compile(r"[A-Za-z0-9._-]{3,50}")
"""The form of a username; usernames are compared without case."""


class Refused(ValueError):
    """The text is not acceptable; the message says why, without repeating the text."""


# Format characters (Cf) that are visible letters of their script; all others are invisible
# or change the reading direction.
_VISIBLE_FORMAT = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")
# Letters and marks that render as nothing (Unicode: Default_Ignorable_Code_Point).
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2065\u2800\u3164\uffa0") | frozenset(
    chr(code)
    for first, last in ((0x180B, 0x180F), (0xFE00, 0xFE0D), (0xFFF0, 0xFFF8), (0xE0100, 0xE01EF))
    for code in range(first, last + 1)
)


def clean_text(raw: str, maximum: int) -> str:
    """Returns the text in NFC, trimmed.

    Refuses first what is surely longer than ``maximum`` characters: the time of NFC grows with
    the square of the number of combining marks, to a minute for a form full of them.
    """
    return unicodedata.normalize("NFC", within(raw.strip(), maximum * NFC_JOINS)).strip()


def text(raw: str, field: Text) -> str:
    """Returns one line of text within the field's limits.

    Refuses control, bidirectional and zero-width characters (Unicode TR 36, 3.1: spoofing).
    """
    value = clean_text(raw, field.maximum)
    if not value and field.minimum:
        raise Refused(f"Enter a {field.label.lower()}.")
    if any(_is_hidden(character) for character in value):
        raise Refused("Remove the invisible, control or direction-changing characters.")
    if value and not any(unicodedata.category(character)[0] in "LNPS" for character in value):
        raise Refused("Use at least one character that can be seen.")
    if not field.minimum <= len(value) <= field.maximum:
        raise Refused(
            f"Use {field.minimum} to {field.maximum} characters. This has {len(value):,}."
        )
    return value


def _is_hidden(character: str) -> bool:
    category = unicodedata.category(character)
    if category == "Cf":
        return character not in _VISIBLE_FORMAT
    return category in {"Cc", "Cs", "Zl", "Zp"} or character in _INVISIBLE


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
