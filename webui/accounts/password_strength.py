"""Estimate of how many guesses an informed attacker needs for a password (zxcvbn).

Wheeler, "zxcvbn: Low-Budget Password Strength Estimation", USENIX Security 2016. The estimate finds
words, names, years, keyboard rows, repetitions and letters replaced by digits.
"""

from collections.abc import Iterable

from zxcvbn_rs_py import zxcvbn

# The time grows with the square of the length, times the replaced letters: 0.1 s for 40 characters
# of them, 0.34 s for 72. Further characters can only make a password harder to guess.
_CHECKED = 40
_PARTS = "it is made of parts that are tried first"
_WORD = "it is a common word or name with little around it"
_COMMON = "it is close to one that many people use"
_REPEATS = "it repeats itself"
_KEYS = "it follows the keys of a keyboard"
_YEAR = "it is built around a year or a date"
# By the library's names, because its own objects are not hashable.
_WHY = {
    "StraightRowsOfKeysAreEasyToGuess": _KEYS,
    "ShortKeyboardPatternsAreEasyToGuess": _KEYS,
    "RepeatsLikeAaaAreEasyToGuess": _REPEATS,
    "RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess": _REPEATS,
    "ThisIsATop10Password": _COMMON,
    "ThisIsATop100Password": _COMMON,
    "ThisIsACommonPassword": _COMMON,
    "ThisIsSimilarToACommonlyUsedPassword": _COMMON,
    "SequencesLikeAbcAreEasyToGuess": "it contains a sequence such as abc or 6543",
    "RecentYearsAreEasyToGuess": _YEAR,
    "DatesAreOftenEasyToGuess": _YEAR,
    "AWordByItselfIsEasyToGuess": _WORD,
    "NamesAndSurnamesByThemselvesAreEasyToGuess": _WORD,
    "CommonNamesAndSurnamesAreEasyToGuess": _WORD,
}


def weakness(password: str, known: Iterable[str], guesses: int) -> str | None:
    """Returns why fewer than ``guesses`` are enough, as part of a sentence; None if they are not.

    ``known``: words about the account that an attacker knows; they add no strength.
    """
    found = zxcvbn(password[:_CHECKED], list(known))
    if found.guesses >= guesses:
        return None
    warning = found.feedback.warning if found.feedback else None
    return _WHY[repr(warning).rpartition(".")[2]] if warning else _PARTS
