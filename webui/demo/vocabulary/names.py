"""Names of invented organisations, with the domain and person of each."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from webui.core.catalogue import FIELDS
from webui.core.field_types import Text
from webui.demo.vocabulary.scripts import (
    AWKWARD_PATTERNS,
    CYRILLIC,
    EMOJI_PATTERNS,
    FOREIGN,
    GREEK,
    JAPANESE,
    LONG_PATTERNS,
    MIXED_PATTERNS,
)
from webui.demo.vocabulary.words import ENGLISH, FRENCH, GERMAN, POLISH, SPANISH, TURKISH, Language
from webui.values import text

# Every eighth organisation has a name that is hard to show, sort or search.
_UNUSUAL_EVERY = 8
_ORDINARY = (ENGLISH, GERMAN, SPANISH, FRENCH, POLISH, TURKISH)
_ORDINARY_WEIGHTS = (56, 14, 12, 9, 5, 4)
# Letters that Unicode does not decompose into a letter and an accent.
_ASCII = str.maketrans({"ß": "ss", "ł": "l", "Ł": "l", "ø": "o", "œ": "oe", "ı": "i"})
_DOMAIN_LABEL = 40
_WITH_TOWN = 0.3


def _name_field() -> Text:
    field = FIELDS["name"]
    assert isinstance(field, Text)
    return field


NAME = _name_field()
"""The limits of a name."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation: name, domain, and the ASCII name of the person who runs it."""

    name: str
    domain: str
    person: str


def organisation(rng: Random, number: int) -> Organisation:
    """Returns organisation ``number``; any 250 in a row include every unusual kind of name."""
    turn, rest = divmod(number, _UNUSUAL_EVERY)
    if rest == _UNUSUAL_EVERY // 2:
        return _UNUSUAL[turn % len(_UNUSUAL)](rng)
    return _of_language(rng, rng.choices(_ORDINARY, _ORDINARY_WEIGHTS)[0])


def made_up_person(rng: Random, language: Language = ENGLISH) -> str:
    """Returns a first and a last name in the form of a username: ``dana.ilic``."""
    return f"{rng.choice(language.first_names)}.{_plain(rng.choice(language.surnames))}"


def _of_language(rng: Random, language: Language) -> Organisation:
    pattern = rng.choice(language.patterns)
    if language.towns and "{town}" not in pattern and rng.random() < _WITH_TOWN:
        pattern += rng.choice((" {town}", ", {town}", " – {town}"))
    name, spelling = _fill(rng, pattern, language)
    return _organisation(rng, name, spelling, language)


def _organisation(rng: Random, name: str, spelling: str, language: Language) -> Organisation:
    label = _plain(spelling)[:_DOMAIN_LABEL].strip("-") or "demo"
    return Organisation(text(name, NAME), f"{label}.example", made_up_person(rng, language))


def _fill(rng: Random, pattern: str, language: Language) -> tuple[str, str]:
    """Returns the name for a pattern, and the Latin text from which its domain is made."""
    head, _, spelling = rng.choice(language.heads).partition(":")
    name = pattern.format(
        head=head,
        surname=rng.choice(language.surnames),
        other=rng.choice(language.surnames),
        town=rng.choice(language.towns or ENGLISH.towns),
        first=rng.choice(language.first_names).title(),
    )
    return name, f"{spelling} {rng.randrange(10, 1000)}" if spelling else name


def _plain(value: str) -> str:
    """Convert to lower-case ASCII with dashes: ``celik-sohne``."""
    folded = unicodedata.normalize("NFKD", value.translate(_ASCII)).encode("ascii", "ignore")
    return re.sub("[^a-z0-9]+", "-", folded.decode().lower()).strip("-")


# --- Unusual names -----------------------------------------------------------------------


def _foreign(language: Language) -> Callable[[Random], Organisation]:
    return lambda rng: _of_language(rng, language)


def _patterned(patterns: tuple[str, ...]) -> Callable[[Random], Organisation]:
    def make(rng: Random) -> Organisation:
        name, spelling = _fill(rng, rng.choice(patterns), ENGLISH)
        return _organisation(rng, name, spelling, ENGLISH)

    return make


def _mixed(language: Language) -> Callable[[Random], Organisation]:
    """Two scripts in one name, as companies with customers abroad write it."""

    def make(rng: Random) -> Organisation:
        latin = _of_language(rng, ENGLISH)
        native, spelling = _fill(rng, rng.choice(language.patterns), language)
        name = rng.choice(MIXED_PATTERNS).format(latin=latin.name, native=native)
        return _organisation(rng, name, f"{spelling} intl", language)

    return make


def _long(rng: Random) -> Organisation:
    """A name of the maximum length, or somewhat shorter."""
    pattern = rng.choice(LONG_PATTERNS)
    name = ""
    length = rng.choice((NAME.maximum, NAME.maximum, rng.randrange(120, NAME.maximum)))
    while len(name) < length:
        name += _fill(rng, pattern, ENGLISH)[0]
    # A space at the cut would be trimmed, and the name would be one character too short.
    name = name[: length - 1] + (name[length - 1].strip(" ,") or "X")
    return _organisation(rng, name, name, ENGLISH)


_UNUSUAL: tuple[Callable[[Random], Organisation], ...] = (
    *(_foreign(language) for language in FOREIGN),
    *(_foreign(language) for language in (TURKISH, GERMAN, POLISH)),
    _patterned(EMOJI_PATTERNS),
    *(_patterned((pattern,)) for pattern in AWKWARD_PATTERNS),
    *(_mixed(language) for language in (JAPANESE, CYRILLIC, GREEK)),
    _long,
    _long,
)
