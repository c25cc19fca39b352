"""How many guesses a password costs whoever knows what people choose (zxcvbn).

Wheeler, "zxcvbn: Low-Budget Password Strength Estimation", USENIX Security 2016. The estimate
finds words, names, years, keyboard rows, repetitions and letters swapped for digits.
"""

from collections.abc import Iterable

from zxcvbn_rs_py import zxcvbn

# The cost grows with the square of the length, and swapped letters multiply it: 0.1 s for 40 of
# them, 0.34 s for 72. What follows can only make a password harder to guess.
_JUDGED = 40
_PARTS = "it is made of parts that are tried first"
_WORD = "it is a common word or name with little around it"
_COMMON = "it is close to one that many people use"
_REPEATS = "it repeats itself"
_KEYS = "it follows the keys of a keyboard"
_YEAR = "it is built around a year or a date"
# By the library's names; its own objects cannot be keys.
_WHY = {
    "StraightRowsOfKeysAreEasyToGuess": _KEYS,
    "ShortKeyboardPatternsAreEasyToGuess": _KEYS,
    "RepeatsLikeAaaAreEasyToGuess": _REPEATS,
    "RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess": _REPEATS,
    "ThisIsATop10Password": _COMMON,
    "ThisIsATop100Password": _COMMON,
    "ThisIsACommonPassword": _COMMON,
    "ThisIsSimilarToACommonlyUsedPassword": _COMMON,
    "SequencesLikeAbcAreEasyToGuess": "it holds a sequence such as abc or 6543",
    "RecentYearsAreEasyToGuess": _YEAR,
    "DatesAreOftenEasyToGuess": _YEAR,
    "AWordByItselfIsEasyToGuess": _WORD,
    "NamesAndSurnamesByThemselvesAreEasyToGuess": _WORD,
    "CommonNamesAndSurnamesAreEasyToGuess": _WORD,
}


def weakness(password: str, known: Iterable[str], guesses: int) -> str | None:
    """Why fewer than ``guesses`` find the password, as half a sentence; None when they do not.

    ``known``: words that whoever guesses knows of the account; they count for nothing.
    """
    found = zxcvbn(password[:_JUDGED], list(known))
    if found.guesses >= guesses:
        return None
    warning = found.feedback.warning if found.feedback else None
    return _WHY[repr(warning).rpartition(".")[2]] if warning else _PARTS
