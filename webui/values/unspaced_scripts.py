"""Scripts that are written without spaces between words: Chinese, Japanese, Thai, Lao and others.

Nothing in the text shows where a word begins, so two neighbouring characters are a word.
"""

import re

# Letters and vowel signs as search keys have them (NFKD, without combining marks).
_LETTERS = (
    "\u0e01-\u0e3a\u0e40-\u0e4e"  # Thai
    "\u0e81-\u0ebd\u0ec0-\u0ece\u0edc-\u0edf"  # Lao
    "\u1000-\u103f\u1050-\u109d\ua9e0-\ua9fe\uaa60-\uaa7f"  # Burmese
    "\u1780-\u17d3\u17d7\u17dc\u17dd"  # Khmer
    "\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c"  # Chinese, Japanese: signs
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\U0001b000-\U0001b16f"  # kana
    "\u3105-\u312f\u31a0-\u31bf"  # Bopomofo
    "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003fffd"  # Chinese, Japanese: ideographs
)
UNSPACED = f"[{_LETTERS}]"
"""A regular expression for one letter or vowel sign of these scripts."""
_LETTER = re.compile(UNSPACED)
# A letter (category Lm) that names do not have, so that trigram indexes keep it.
_MARK = "\u02d1"


def with_marks(key: str) -> str:
    """Returns a search key with a mark after every letter of these scripts.

    Indexes of three characters (trigrams) then find two letters inside a name. The marks change
    neither what contains what, nor the order.
    """
    return key if key.isascii() else _LETTER.sub(rf"\g<0>{_MARK}", key)


def pairs(run: str) -> list[str]:
    """Returns every two neighbouring letters of a run, or its only letter."""
    return [run[at : at + 2] for at in range(max(1, len(run) - 1))]
