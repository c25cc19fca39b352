"""Questions and keys: every way to type a text finds it."""

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webui import values
from webui.core.catalogue import FIELDS
from webui.values import Refused

DASHES = [chr(c) for c in range(sys.maxunicode) if unicodedata.category(chr(c)) == "Pd"]
MINUS = [*"−⁻₋➖˗"]
APOSTROPHES = [*"'’‘`ʼ´′ʻ‚‛‹›׳＇ˋ"]
QUOTES = [*'"“”„«»‟″״〝〟＂']
INVISIBLE = [
    *("\u200b", "\u200c", "\u200d", "\ufeff", "\u00ad", "\u200e", "\u200f", "\u202e", "\u2066"),
    *("\u061c", "\u2060", "\u180e", "\u034f", "\ufe0e", "\ufe0f", "\U000e0101", "\u180b", "\x07"),
]
SPACES = ["  ", "\t", "\n", "\x85", "\xa0", "\u2003", "\u202f", "\u2028", "\u3000", " \t "]
anything = st.text(st.characters())
inside_words = st.sampled_from([*APOSTROPHES, *QUOTES, *DASHES, *MINUS, *"aÄßœłİ㌀ｱがﬁ가ᾳ٣７२²"])
texts = st.text(inside_words | st.characters(), max_size=30)


def same(keyed, spellings):
    """The spellings whose key is another than that of the first."""
    first, *others = spellings
    return [hex(ord(s[0])) for s in others if keyed(s) != keyed(first)]


class TestQuestion:
    def test_is_without_what_cannot_be_seen(self):
        for c in INVISIBLE:
            assert values.question(f"{c}Nor{c}th{c} {c} wind{c}") == "North wind", hex(ord(c))
            assert values.identifier(f"{c}m.{c}lopez{c}") == "m.lopez", hex(ord(c))

    def test_has_single_spaces(self):
        for space in SPACES:
            assert values.question(f"{space}Nimbus{space}Two{space}") == "Nimbus Two", repr(space)

    def test_is_shown_as_it_was_typed(self):
        for typed in ("l’Église „Dąb“ – 東京", "CAFÉ", "ＡＢＣ", "ﬁ Ⅳ ½"):
            assert values.question(unicodedata.normalize("NFD", typed)) == typed

    def test_keeps_nul_for_a_refusal(self):
        assert values.question("a\0b") == "a\0b"

    @given(anything)
    def test_of_a_question_is_the_same(self, raw):
        for asked in (values.question, values.identifier, values.account_key):
            assert asked(asked(raw)) == asked(raw)


class TestIdentifier:
    def test_is_what_a_plain_keyboard_types(self):
        for typed in (
            "ｍ.ｌｏｐｅｚ＠ｃｌｉｎｉｃ．ｅｘａｍｐｌｅ",
            " m.lopez@clinic.example\u200b",
        ):
            assert values.identifier(typed) == "m.lopez@clinic.example"
        assert values.identifier("10.0.0.1\u00a0") == "10.0.0.1"
        assert values.identifier("2026–11–23 14：00") == "2026-11-23 14:00"
        assert values.account_key("Maria–O’Lopez") == "maria-o'lopez"


class TestSearchKey:
    def test_has_one_apostrophe_one_quotation_mark_and_one_dash(self):
        key = values.search_key
        assert same(key, [f"l{a}Église" for a in APOSTROPHES]) == []
        assert same(key, [f"Hotel {q}Dąb{q}" for q in QUOTES]) == []
        assert same(key, [f"Ahrenfels{d}Übersee" for d in (*DASHES, *MINUS)]) == []
        assert key("l’Église «Dąb» – A−B") == 'l\'eglise "dab" - a-b'

    def test_has_single_spaces_and_nothing_invisible(self):
        key = values.search_key
        assert same(key, ["Nimbus Two", *(f"{s}Nimbus{s}Two{s}" for s in SPACES)]) == []
        assert same(key, ["Nimbus Two", *(f"{c}Nim{c}bus{c} {c}Two" for c in INVISIBLE)]) == []

    @pytest.mark.parametrize(
        ("name", "key"),
        [
            ("Çelik & Söhne", "celik & sohne"),
            ("STRASSE", "strasse"),
            ("Straße", "strasse"),
            ("ＡＣＭＥ", "acme"),
            ("Ελληνική", "ελληνικη"),
            ("İstanbul", "istanbul"),
            ("ﬁne", "fine"),
            ("Łódź", "lodz"),
            ("Ørsted Æbler", "orsted aebler"),
            ("Đorđević", "dordevic"),
            ("IŞIK", "isik"),
            ("Işık", "isik"),
            ("ışık", "isik"),
            ("ŉ", "'n"),
            ("Team ٣ ७ ７ ²", "team 3 7 7 2"),
        ],
    )
    def test_knows_no_case_accents_strokes_and_scripts_of_digits(self, name, key):
        assert values.search_key(name) == values.name_key(name) == key

    @given(texts)
    def test_is_the_same_for_every_spelling(self, raw):
        key = values.search_key(raw)
        assert values.search_key(key) == key == key.casefold()
        for form in ("NFC", "NFD"):
            assert values.search_key(unicodedata.normalize(form, raw)) == key
        assert values.search_key(values.question(raw)) == key
        assert values.search_key("\u200b".join(f"  {raw}\t")) == key

    @given(texts)
    def test_of_a_stored_name_is_that_of_what_was_typed(self, raw):
        try:
            stored = values.text(raw, FIELDS["name"])
        except Refused:
            return
        assert values.search_key(stored) == values.search_key(raw)

    def test_finds_the_words_of_a_text_however_they_were_typed(self):
        for typed in ("O’Brien–Łódź", "O'Brien-Lodz", "OʼBRIEN — lodz", "o\u00ad'brien lo\u200bdz"):
            assert values.search_words(typed) == ["o", "brien", "lodz"]
