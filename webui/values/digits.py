"""The number that was probably meant by digits with separators, as pages and spreadsheets show."""

import re
import unicodedata

from webui.values.hidden_characters import is_hidden

# 70,000 or 70 000 or 70.000 or 70'000, with the same sign between all groups, or 12,34,567 as in
# India; after them the two decimals of an amount if they are zero.
_GROUPED = re.compile(
    r"(?P<whole>[0-9]{1,3}(?P<sign>[,.'’_٬ \u00a0\u2000-\u200a\u202f\u3000])[0-9]{3}"
    r"(?:(?P=sign)[0-9]{3})*|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3})"
    r"(?:(?!(?P=sign))[.,]00)?"
)


def meant_number(raw: str) -> str | None:
    """Returns the number in the digits 0-9, or None when it is not clear what was meant.

    Digits of other scripts and full width count as well; characters that cannot be seen do not.
    """
    seen = "".join(map(_plain, raw)).strip()
    grouped = _GROUPED.fullmatch(seen)
    digits = re.sub("[^0-9]", "", grouped["whole"]) if grouped else seen
    return digits.lstrip("0") or "0" if re.fullmatch("[0-9]+", digits) else None


def _plain(character: str) -> str:
    """Returns a decimal digit of any script as one of 0-9, and what cannot be seen as nothing."""
    if is_hidden(character) and unicodedata.category(character) != "Cc":
        return ""
    return str(unicodedata.decimal(character, character))
