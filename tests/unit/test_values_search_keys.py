"""Questions and keys: every way to type a text finds it."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import verifier_extracts
from webui import values
from webui.core.catalogue import FIELDS
from webui.core.limits import REASON
from webui.values import Refused

# No dash stands beyond the first two planes.
DASHES = [chr(c) for c in range(0x20000) if unicodedata.category(chr(c)) == "Pd"]
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

    @pytest.mark.parametrize(
        ("reason", "asked"),
        [
            ("客户要求退款，工单88213", ["退款", "要求", "工单", "88213", "单88213", "款"]),
            ("チケットの解約を確認しました", ["解約", "確認", "ﾁｹｯﾄ", "チケット 解約"]),
            ("ลูกค้ายกเลิกบริการ", ["ยกเลิก", "บริการ", "กเ"]),
            ("ລູກຄ້າຍົກເລີກ", ["ຍົກເລີກ", "ລູກ"]),
            ("អតិថិជនបានលុបចោល", ["លុបចោល", "បាន"]),
            ("ဖောက်သည်က ပယ်ဖျက်သည်", ["ပယ်ဖျက်", "ဖောက်သည်"]),
        ],
    )
    def test_finds_the_parts_of_a_text_without_spaces(self, reason, asked):
        words = set(values.search_words(reason))
        assert [q for q in asked if not set(values.question_words(q)) <= words] == []
        assert not set(values.question_words("取消")) <= words

    @given(st.text(st.sampled_from("东京電ガ゛ーไทีລຄຸកិa9 b・"), max_size=20), st.data())
    def test_finds_every_part_of_a_text_without_spaces(self, reason, data):
        start = data.draw(st.integers(0, len(reason)))
        part = reason[start : data.draw(st.integers(start, len(reason)))]
        # Words with spaces between them are found as a whole.
        part = re.sub("^[ab9]+|[ab9]+$", "", part)
        assert set(values.question_words(part)) <= set(values.search_words(reason))

    def test_of_other_texts_are_the_same_for_a_question(self):
        for text in ("Agreed by phone, ticket #88213", "Überfällig", "한국어 이유", "x" * 80):
            assert values.question_words(text) == values.search_words(text)

    @given(texts | st.text(st.sampled_from("می\u200cک්\u200d❤\ufe0eaʼ東ガー1"), max_size=12))
    def test_are_those_of_the_document(self, raw):
        try:
            reason = values.text(raw, REASON)
        except Refused:
            return
        assert set(values.search_words(reason)) == verifier_extracts.words(reason)


class TestNameKey:
    @given(st.text(st.sampled_from("東京ไทย가ab12 -"), max_size=12), st.data())
    def test_contains_the_key_of_every_part(self, name, data):
        start = data.draw(st.integers(0, len(name)))
        part = name[start : data.draw(st.integers(start, len(name)))]
        assert values.name_key(part) in values.name_key(name)

    def test_of_two_letters_is_long_enough_for_an_index_of_trigrams(self):
        for word in ("東京", "カナ", "ไท", "ລາ", "ខរ", "မြ"):
            assert len(values.name_key(word)) > 2

    @given(st.lists(st.text(st.sampled_from("東京一ไทéb1 "), max_size=4), min_size=2, max_size=4))
    def test_sorts_as_the_search_key(self, names):
        keys = sorted({values.search_key(name) for name in names})
        assert sorted(keys, key=values.name_key) == keys
