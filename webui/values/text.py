"""Names, reasons and numbers: text without what cannot be seen."""

import re
import unicodedata

from webui.core.catalogue import FIELDS
from webui.core.field_types import Sealed, Text, Whole

# As pages show numbers; whether a point groups or ends them is not for us to guess.
_GROUPED = re.compile(r"[0-9]+(?:[,.'’\s][0-9]+)+")
WORD_LENGTH = 60
"""Of a longer word only the beginning is searched."""
NFC_JOINS = 4
"""One character of NFC may have been typed as four (U+1F82), in UTF-16 units as well."""
_WORDS = re.compile(rf"([^\W_]{{1,{WORD_LENGTH}}})[^\W_]*")

USERNAME = re.compile(r"[A-Za-z0-9._-]{3,50}")
"""What a username may look like; compared without case."""


class Refused(ValueError):
    """The text cannot be accepted; the message says why, without repeating the text."""


# Format characters (Cf) that are visible letters of their script; every other one is
# invisible or turns the reading direction.
_VISIBLE_FORMAT = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")
# Letters and marks that render as nothing (Unicode: Default_Ignorable_Code_Point).
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2065\u2800\u3164\uffa0") | frozenset(
    chr(code)
    for first, last in ((0x180B, 0x180F), (0xFE00, 0xFE0D), (0xFFF0, 0xFFF8), (0xE0100, 0xE01EF))
    for code in range(first, last + 1)
)


def clean_text(raw: str, maximum: int) -> str:
    """Text in NFC without white space at its ends.

    Refuses beforehand what cannot be ``maximum`` characters: NFC takes the square of the number
    of combining marks, a minute for a form that is full of them.
    """
    return unicodedata.normalize("NFC", within(raw.strip(), maximum * NFC_JOINS)).strip()


def text(raw: str, field: Text) -> str:
    """One line of text within the field's limits.

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
    """The form in which text is searched: no case, no accents."""
    if value.isascii():
        # The same, at a fifth of the cost.
        return value.lower().strip()
    decomposed = unicodedata.normalize("NFKD", value.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold().strip()


# Letters that people leave the stroke out of, as they leave out accents: Unicode takes none of
# them apart.
_PLAIN_LETTERS = str.maketrans(
    {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t"}
    | {"æ": "ae", "œ": "oe", "þ": "th"}
)


def name_key(value: str) -> str:
    """The form in which names of tenants are searched and sorted: "Łódź" is found by "lodz"."""
    return search_key(value).translate(_PLAIN_LETTERS)


def search_words(value: str) -> list[str]:
    """The different words of a text in the form in which they are searched, in order."""
    return list(dict.fromkeys(_WORDS.findall(search_key(value))))


def whole_number(raw: str, field: Whole) -> int:
    """A whole number of the digits 0-9 within the field's limits."""
    value = raw.strip()
    if _GROUPED.fullmatch(value):
        raise Refused(f"{field.rule} Digits only, without commas, points or spaces.")
    # Leading zeros are harmless; a longer text than the limit's cannot be inside it.
    digits = value.lstrip("0") or "0"
    if not re.fullmatch(r"[0-9]+", value) or len(digits) > len(str(field.maximum)):
        raise Refused(field.rule)
    if not field.minimum <= int(digits) <= field.maximum:
        raise Refused(field.rule)
    return int(digits)


def sealed(name: str) -> Sealed:
    """The field as one that is stored encrypted."""
    field = FIELDS[name]
    assert isinstance(field, Sealed)
    return field


def within(value: str, maximum: int) -> str:
    """The value, unless it is longer than that."""
    if len(value) > maximum:
        raise Refused(f"Use at most {maximum:,} characters. This has {len(value):,}.")
    return value
