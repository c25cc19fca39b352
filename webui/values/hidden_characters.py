"""Characters that cannot be seen or change the reading direction: which ones, and their names."""

import unicodedata

# Format characters (Cf) that are visible letters of their script; all others are invisible
# or change the reading direction.
_VISIBLE_FORMAT = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")
# Letters and marks that render as nothing (Unicode: Default_Ignorable_Code_Point).
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2065\u2800\u3164\uffa0") | frozenset(
    chr(code)
    for first, last in ((0x180B, 0x180F), (0xFE00, 0xFE0D), (0xFFF0, 0xFFF8), (0xE0100, 0xE01EF))
    for code in range(first, last + 1)
)
# Zero-width non-joiner and joiner: spelling in Persian or Sinhala, and parts of emoji.
_JOINERS = frozenset("\u200c\u200d")
# The names of Unicode for these are missing or not what people call them.
_NAMES = {
    "\0": "null character",
    "\t": "tab",
    "\n": "line break",
    "\r": "line break",
    "\x7f": "delete",
    "\ufeff": "byte order mark",
    "\u00ad": "soft hyphen",
}


def is_hidden(character: str) -> bool:
    """Whether the character is invisible, a control or changes the reading direction."""
    category = unicodedata.category(character)
    if category == "Cf":
        return character not in _VISIBLE_FORMAT
    return category in {"Cc", "Cs", "Zl", "Zp"} or character in _INVISIBLE


def hidden_in(value: str, *, joiners: bool = False) -> list[tuple[int, str]]:
    """Returns (position, name) of each hidden character; positions begin at 1.

    ``joiners``: leaves out a zero-width joiner where a script or an emoji may need it: after a
    letter, mark or symbol outside ASCII (compare RFC 5892, appendix A).
    """
    return [
        (position, name_of(character))
        for position, (before, character) in enumerate(zip(f" {value}", value, strict=False), 1)
        if is_hidden(character)
        and not (joiners and character in _JOINERS and _takes_joiner(before))
    ]


def _takes_joiner(character: str) -> bool:
    return not character.isascii() and unicodedata.category(character)[0] in "LMS"


def name_of(character: str) -> str:
    """Returns the name of a character in lower case, or its code: "zero-width joiner", "U+E000"."""
    if character in _NAMES:
        return _NAMES[character]
    code = f"U+{ord(character):04X}"
    name = unicodedata.name(character, "").lower().replace("zero width", "zero-width")
    if name:
        return name
    return f"control character {code}" if unicodedata.category(character) == "Cc" else code


def found_words(found: list[tuple[int, str]]) -> str:
    """Returns where the first hidden character stands: "character 14: zero-width joiner"."""
    (position, name), *others = found
    more = f", and {len(others):,} more" if others else ""
    return f"character {position:,}: {name}{more}"
