"""What people type into text and number fields. The limits are copied from DESIGN 2.1."""

import re
import sys
import unicodedata
from types import SimpleNamespace

import pytest

from webui import values
from webui.core import catalogue, field_types, limits
from webui.core.catalogue import FIELDS
from webui.values import Refused

NAME = FIELDS["name"]
HIDDEN = {
    "null character": "\0",
    "control character U+0007": "\a",
    "line break": "\n",
    "tab": "\t",
    "delete": "\x7f",
    "control character U+0085": "\x85",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "zero-width space": "\u200b",
    "zero-width non-joiner": "\u200c",
    "zero-width joiner": "\u200d",
    "left-to-right mark": "\u200e",
    "right-to-left override": "\u202e",
    "right-to-left isolate": "\u2067",
    "arabic letter mark": "\u061c",
    "word joiner": "\u2060",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "mongolian vowel separator": "\u180e",
    "interlinear annotation anchor": "\ufff9",
    "tag latin capital letter a": "\U000e0041",
    "combining grapheme joiner": "\u034f",
    "hangul filler": "\u3164",
    "halfwidth hangul filler": "\uffa0",
    "braille pattern blank": "\u2800",
    "U+D800": "\ud800",
}
# Unicode's Default_Ignorable_Code_Point: drawn as nothing, but neither Cc nor Cf.
ALONE_INVISIBLE = {
    "variation selector 16": "\ufe0f",
    "variation selector 17": "\U000e0100",
    "mongolian variation selector": "\u180b",
    "reserved U+2065": "\u2065",
    "reserved U+FFF0": "\ufff0",
}

# Persian, Sinhala, Malayalam with a joiner at the end of a word, Bengali, and emoji.
JOINED = [
    "می\u200cخواهم",
    "ක්\u200dරමය",
    "അവന്\u200d",
    "র\u200d্যাব",
    "👩\u200d⚕️",
    "👩🏽\u200d⚕️",
    "🏳️\u200d🌈",
]


def by_name(cases):
    return pytest.mark.parametrize("typed", cases.values(), ids=cases.keys())


class TestText:
    @pytest.mark.parametrize("length", [1, 255])
    def test_takes_1_to_255_characters(self, length):
        assert values.text("é" * length, NAME) == "é" * length

    @pytest.mark.parametrize("length", [0, 256, 100_000])
    def test_refuses_0_and_256_characters(self, length):
        with pytest.raises(Refused):
            values.text("é" * length, NAME)

    def test_counts_characters_not_bytes_or_utf_16_units(self):
        assert len(values.text("😀" * 255, NAME)) == 255
        with pytest.raises(Refused):
            values.text("😀" * 256, NAME)

    def test_counts_after_composing(self):
        typed = "e\N{COMBINING ACUTE ACCENT}" * 255
        assert values.text(typed, NAME) == "é" * 255
        with pytest.raises(Refused):
            values.text(typed + "e", NAME)

    def test_counts_a_character_that_was_typed_as_four(self):
        typed = unicodedata.normalize("NFD", "ᾯ")
        assert len(typed) == 4
        assert values.text(typed * 255, NAME) == "ᾯ" * 255

    @pytest.mark.parametrize("parse", [values.sip_domain, values.sip_username, None])
    def test_composes_nothing_that_is_far_too_long(self, monkeypatch, parse):
        without = SimpleNamespace(normalize=None)
        monkeypatch.setattr(sys.modules[values.text.__module__], "unicodedata", without)
        with pytest.raises(Refused, match="characters"):
            (parse or (lambda raw: values.text(raw, NAME)))("a" + "\u0301\u0316" * 1_000)

    def test_has_single_spaces(self):
        typed = " Nimbus  Two \u00a0\u3000 \u2009Three\u202f"
        assert values.text(typed, NAME) == "Nimbus Two Three"
        assert values.text(typed, limits.REASON) == "Nimbus Two Three"
        assert values.text("a" + " " * 300 + "b" * 253, NAME) == "a " + "b" * 253

    def test_counts_after_trimming(self):
        assert values.text(" " * 300 + "x" * 255 + "\t\r\n ", NAME) == "x" * 255

    @pytest.mark.parametrize("spaces", ["", " ", "   ", "\t \r\n", "\N{NO-BREAK SPACE}", "\u3000"])
    def test_refuses_a_name_of_spaces_and_says_what_to_do(self, spaces):
        with pytest.raises(Refused, match=r"^Enter a name\.$"):
            values.text(spaces, NAME)

    @pytest.mark.parametrize(("name", "typed"), HIDDEN.items(), ids=HIDDEN)
    def test_refuses_what_cannot_be_seen_and_says_which_and_where(self, name, typed):
        words = re.escape(f"Remove the invisible character (character 7: {name}).")
        with pytest.raises(Refused, match=words):
            values.text(f"  Acme{typed}Corp", NAME)

    def test_counts_further_characters_that_cannot_be_seen(self):
        words = r"characters \(character 4: zero-width space, and 2 more\)"
        with pytest.raises(Refused, match=words):
            values.text("Caf\u200bé \u200b\u00adCo", NAME)

    @by_name(ALONE_INVISIBLE)
    def test_refuses_a_name_that_shows_nothing(self, typed):
        with pytest.raises(Refused):
            values.text(typed, NAME)

    @pytest.mark.parametrize(
        "name",
        [
            "Çelik & Söhne GmbH",
            "株式会社サンプル",
            "شركة الاتصالات",
            "חברת הטלפון",
            "Ελληνική Τηλεφωνία",
            "O'Brien <script>alert(1)</script>",
            'Robert"); DROP TABLE tenants;--',
            "100 % Phone \\ Co_",
            "हिन्दी कंपनी",
            "Emoji 📞 Ltd",
        ],
    )
    def test_takes_names_as_customers_write_them(self, name):
        assert values.text(f" {name} ", NAME) == unicodedata.normalize("NFC", name)

    def test_takes_a_blank_where_nothing_is_required(self):
        assert values.text("  ", field_types.Text("note", "Note", minimum=0)) == ""

    @pytest.mark.parametrize(("length", "good"), [(2, False), (3, True), (200, True), (201, False)])
    def test_a_reason_is_3_to_200_characters(self, length, good):
        if good:
            assert values.text("r" * length, limits.REASON) == "r" * length
        else:
            with pytest.raises(Refused):
                values.text("r" * length, limits.REASON)

    @pytest.mark.parametrize("joined", JOINED)
    def test_a_reason_keeps_the_joiners_of_scripts_and_emoji(self, joined):
        typed = f"Asked by {joined}, ticket 4711"
        assert values.text(typed, limits.REASON) == unicodedata.normalize("NFC", typed)
        with pytest.raises(Refused, match="joiner"):
            values.text(typed, NAME)

    @pytest.mark.parametrize(
        "typed", ["ab\u200dc", "\u200cabc", "می\u200c\u200cخواهم", "א\u202eabc"]
    )
    def test_a_reason_has_no_other_invisible_characters(self, typed):
        with pytest.raises(Refused, match="invisible"):
            values.text(typed, limits.REASON)

    def test_the_message_does_not_repeat_what_was_typed(self):
        with pytest.raises(Refused) as caught:
            values.text("hunter2" * 100, NAME)
        assert "hunter2" not in str(caught.value)


REFUSED_NUMBERS = [
    *("", " ", "-1", "+5", "1e3", "1_000", "1,000", "1.0", "0x10", "1 0", "five", "NaN", "∞"),
    *("١٢", "１２", "²", "½", "五", "5\0", "5\n6", "−5", "--5", "9" * 5_000),
]

MEANT = [
    *((typed, "70000") for typed in ("70,000", "70.000", "70 000", "70\u00a0000", "70\u202f000")),
    *(
        (typed, "70000")
        for typed in ("70'000", "70’000", "70_000", "\u200e70000\ufeff", "７００００")
    ),
    *(
        (typed, "70000")
        for typed in (" 070,000 ", "70,000.00", "70.000,00", "٧٠٬٠٠٠", "７０,０００")
    ),
    *(("1,234,567", "1234567"), ("12,34,567", "1234567"), ("1 234.00", "1234")),
    *(
        (typed, None)
        for typed in (
            "70,00",
            "7,0000",
            "1,234.567",
            "70000.5",
            "70k",
            "-70,000",
            "",
            "5\n6",
            "5\x006",
        )
    ),
    *(
        (typed, None)
        for typed in ("70  000", "1,234 567", "70,000,", "1.5", "²", "9,007,199,254,740,992")
    ),
]


class TestWholeNumber:
    @pytest.mark.parametrize("typed", REFUSED_NUMBERS)
    @pytest.mark.parametrize("name", ["max_concurrent_calls", "monthly_call_limit"])
    def test_refuses_all_but_the_ten_digits(self, name, typed):
        with pytest.raises(Refused, match=r"^(Enter a whole number|Remove the invis)"):
            values.whole_number(typed, catalogue.whole(name))

    @pytest.mark.parametrize(
        "typed", ["60,000", "60.000", "60 000", "1\u00a0000\u00a0000", "1'000"]
    )
    def test_says_that_what_pages_show_in_groups_is_typed_without(self, typed):
        with pytest.raises(Refused, match="Digits only"):
            values.whole_number(typed, catalogue.whole("monthly_call_limit"))

    @pytest.mark.parametrize(("typed", "meant"), MEANT)
    def test_says_which_number_was_probably_meant(self, typed, meant):
        with pytest.raises(Refused) as caught:
            values.whole_number(typed, catalogue.whole("monthly_call_limit"))
        assert caught.value.meant == meant

    def test_offers_no_number_that_it_refuses(self):
        for typed in ("1,001", "70,000", "0,000"):
            with pytest.raises(Refused) as caught:
                values.whole_number(typed, catalogue.whole("max_concurrent_calls"))
            assert caught.value.meant is None
        with pytest.raises(Refused, match="character 1: left-to-right mark") as caught:
            values.whole_number("\u200e1,000", catalogue.whole("max_concurrent_calls"))
        assert caught.value.meant == "1000"

    @pytest.mark.parametrize(
        ("name", "lowest", "highest"),
        [
            ("max_concurrent_calls", 1, 1_000),
            ("monthly_call_limit", 0, 2**53 - 1),
            ("retention_days", 1, 3_650),
            ("webhook_timeout_seconds", 1, 60),
        ],
    )
    def test_takes_both_ends_and_nothing_beyond(self, name, lowest, highest):
        field = catalogue.whole(name)
        assert values.whole_number(str(lowest), field) == lowest
        assert values.whole_number(str(highest), field) == highest
        for outside in (lowest - 1, highest + 1, 2**53, 10**19):
            with pytest.raises(Refused):
                values.whole_number(str(outside), field)

    @pytest.mark.parametrize("typed", [" 5 ", "5\n", "\t5", "05", "0" * 5_000 + "5"])
    def test_forgives_spaces_around_and_leading_zeros(self, typed):
        assert values.whole_number(typed, catalogue.whole("retention_days")) == 5


@pytest.mark.parametrize(
    ("parse", "typed", "where"),
    [
        (values.sip_domain, " sip.\u200bexample.com/x", "character 6: zero-width space"),
        (values.sip_username, "40\u202a12", "character 3: left-to-right embedding"),
        (values.sip_password, " abc\u200bdefgh\n", "character 5: zero-width space, and 1 more"),
        (values.webhook_url, "https://hooks.example.com/a\tb", "character 28: tab"),
        (values.username, "ada\u200d", "character 4: zero-width joiner"),
        (values.email, "ada\ufeff@example.com", "character 4: byte order mark"),
        (values.email, "ada\ufeffexample", "character 4: byte order mark"),
        (lambda raw: values.json_object(raw, FIELDS["meta_data"]), '{\u200b"a": 1}', "zero-width"),
        (lambda raw: values.json_object(raw, FIELDS["meta_data"]), '{\u00a0"a": 1}', "no-break"),
    ],
)
def test_every_field_names_the_character_that_cannot_be_seen(parse, typed, where):
    with pytest.raises(Refused, match=where):
        parse(typed)
