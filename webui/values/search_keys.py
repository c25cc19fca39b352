"""What people type into a search, and the normalised text that searches compare and lists sort by.

A *question* is what was typed into a search box, a filter or a picker. Every question goes through
:func:`question` or, for names of accounts, ids and addresses, through :func:`identifier`. Then the
key of the question is compared with the keys of what is stored.
"""

import re
import unicodedata
from collections.abc import Callable
from itertools import chain

from webui.values import unspaced_scripts
from webui.values.hidden_characters import is_hidden

WORD_LENGTH = 60
"""In characters. Only this much of a longer word is searched."""
_WORDS = re.compile(rf"([^\W_]{{1,{WORD_LENGTH}}})[^\W_]*")
_LETTER = rf"(?:(?!{unspaced_scripts.UNSPACED})[^\W_])"
_WORDS_AND_RUNS = re.compile(
    rf"({unspaced_scripts.UNSPACED}+)|({_LETTER}{{1,{WORD_LENGTH}}}){_LETTER}*"
)

# Programs replace what the keyboard has by typographic characters, each by others.
_ALIKE = {
    "'": "`´ʹʻʼʽʾʿˈˊˋ՚׳‘’‚‛′‵‹›❛❜❮❯Ꞌꞌ＇｀\u1fbd\u1fbf\u1fef\u1ffd\u1ffe",
    '"': "«»ʺ˝ˮ״“”„‟″‶❝❞⹂〝〞〟＂🙶🙷🙸",
    "-": "˗֊־᐀᠆‐‑‒–—―⁃⁓⁻₋−➖⸗⸚⸺⸻⹀⹝〜〰゠︱︲﹘﹣－𐺭",
}
_PLAIN_SIGNS = {ord(sign): plain for plain, signs in _ALIKE.items() for sign in signs}
# Letters whose stroke people omit, as they omit accents. Unicode does not decompose them.
_PLAIN_LETTERS = str.maketrans(
    {"ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t"}
    | {"æ": "ae", "œ": "oe", "þ": "th"}
)
_PLAIN = {**_PLAIN_LETTERS, **_PLAIN_SIGNS}


# Variation selectors that choose between text and emoji. Names may have them.
_STYLES = "\ufe0e\ufe0f"


def question(raw: str) -> str:
    """Returns what was typed into a search: NFC, single spaces, no invisible characters.

    NUL stays, because no browser sends it and databases cannot compare it: refuse it.
    """
    return unicodedata.normalize("NFC", _visible(raw))


def _visible(raw: str) -> str:
    """Returns the text with one space for each run of white space, without invisible characters."""
    spaced = " ".join(raw.split())
    if spaced.isascii() and spaced.isprintable():
        return spaced
    return " ".join("".join(filter(_is_kept, spaced)).split())


def _is_kept(character: str) -> bool:
    return character == "\0" or not (is_hidden(character) or character in _STYLES)


def identifier(raw: str) -> str:
    """Returns a question about a username, an e-mail or network address, an id or a time.

    Full-width characters and typographic signs become those of a plain keyboard (NFKC).
    """
    return plain_signs(_visible(raw))


def plain_signs(value: str) -> str:
    """Returns the text in NFKC, with one kind of apostrophes, quotation marks and dashes."""
    if value.isascii():
        return value.translate(_PLAIN_SIGNS)
    # Before NFKC, which takes some signs apart, and after it, because it makes others.
    signs = unicodedata.normalize("NFKC", value.translate(_PLAIN_SIGNS)).translate(_PLAIN_SIGNS)
    return " ".join(signs.split())


def account_key(value: str) -> str:
    """Returns a username or an e-mail address in the form that searches compare: without case."""
    plain = identifier(value)
    return plain.lower() if plain.isascii() else identifier(plain.casefold())


def search_key(value: str) -> str:
    """Returns the text in the form that searches compare: "lodz" finds "Łódź".

    Without case, accents and strokes, with single spaces, plain signs and the digits 0-9, and
    without anything invisible.
    """
    plain = _visible(value).translate(_PLAIN_SIGNS)
    if plain.isascii():
        # The same result in a fifth of the time.
        return plain.lower()
    decomposed = unicodedata.normalize("NFKD", plain.casefold())
    letters = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
    return _visible(_plain_digits(letters.translate(_PLAIN)))


def _plain_digits(value: str) -> str:
    """Returns the text with every decimal digit, of whatever script, as one of 0-9."""
    if value.isascii():
        return value
    return "".join(str(unicodedata.decimal(c, c)) for c in value)


def name_key(value: str) -> str:
    """Returns the key of a tenant's name: the search key, with marks for the trigram indexes."""
    return unspaced_scripts.with_marks(search_key(value))


def search_words(value: str) -> list[str]:
    """Returns the different words of a text, in order, in the form that searches compare.

    Of scripts without spaces, every letter and every two neighbouring letters are words.
    """
    return _words_of(value, lambda run: [*run, *unspaced_scripts.pairs(run)])


def question_words(value: str) -> list[str]:
    """Returns the words that a text must have to be found by a question.

    Of scripts without spaces, every two neighbouring letters, or a letter that stands alone.
    """
    return _words_of(value, unspaced_scripts.pairs)


def _words_of(value: str, of_run: Callable[[str], list[str]]) -> list[str]:
    key = search_key(value)
    if key.isascii():
        return list(dict.fromkeys(_WORDS.findall(key)))
    found = (of_run(run) if run else [word] for run, word in _WORDS_AND_RUNS.findall(key))
    return list(dict.fromkeys(chain.from_iterable(found)))
