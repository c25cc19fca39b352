"""What people type into text, number and SIP fields. The limits are copied from DESIGN 2.1."""

import unicodedata

import pytest

from webui import limits, values
from webui.limits import FIELDS
from webui.values import Refused

NAME = FIELDS["name"]
HIDDEN = {
    "nul": "\0",
    "bell": "\a",
    "newline": "\n",
    "tab": "\t",
    "delete": "\x7f",
    "next line": "\x85",
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
    "interlinear annotation": "\ufff9",
    "tag letter": "\U000e0041",
    "combining grapheme joiner": "\u034f",
    "hangul filler": "\u3164",
    "halfwidth hangul filler": "\uffa0",
    "braille blank": "\u2800",
    "lone surrogate": "\ud800",
}
# Unicode's Default_Ignorable_Code_Point: drawn as nothing, but neither Cc nor Cf.
ALONE_INVISIBLE = {
    "variation selector 16": "\ufe0f",
    "variation selector 17": "\U000e0100",
    "mongolian variation selector": "\u180b",
    "reserved U+2065": "\u2065",
    "reserved U+FFF0": "\ufff0",
}


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

    def test_counts_after_trimming(self):
        assert values.text(" " * 300 + "x" * 255 + "\t\r\n ", NAME) == "x" * 255

    @pytest.mark.parametrize("spaces", ["", " ", "   ", "\t \r\n", "\N{NO-BREAK SPACE}", "\u3000"])
    def test_refuses_a_name_of_spaces_and_says_what_to_do(self, spaces):
        with pytest.raises(Refused, match=r"^Enter a name\.$"):
            values.text(spaces, NAME)

    @by_name(HIDDEN)
    def test_refuses_what_cannot_be_seen(self, typed):
        with pytest.raises(Refused, match="invisible"):
            values.text(f"Acme{typed}Corp", NAME)

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
        assert values.text("  ", limits.Text("note", "Note", minimum=0)) == ""

    @pytest.mark.parametrize(("length", "good"), [(2, False), (3, True), (200, True), (201, False)])
    def test_a_reason_is_3_to_200_characters(self, length, good):
        if good:
            assert values.text("r" * length, limits.REASON) == "r" * length
        else:
            with pytest.raises(Refused):
                values.text("r" * length, limits.REASON)

    def test_the_message_does_not_repeat_what_was_typed(self):
        with pytest.raises(Refused) as caught:
            values.text("hunter2" * 100, NAME)
        assert "hunter2" not in str(caught.value)


class TestSearchKey:
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
        ],
    )
    def test_knows_no_case_and_no_accents(self, name, key):
        assert values.search_key(name) == key


REFUSED_NUMBERS = [
    *("", " ", "-1", "+5", "1e3", "1_000", "1,000", "1.0", "0x10", "1 0", "five", "NaN", "∞"),
    *("١٢", "１２", "²", "½", "五", "5\0", "5\n6", "−5", "--5", "9" * 5_000),
]


class TestWholeNumber:
    @pytest.mark.parametrize("typed", REFUSED_NUMBERS)
    @pytest.mark.parametrize("name", ["max_concurrent_calls", "monthly_call_limit"])
    def test_refuses_all_but_the_ten_digits(self, name, typed):
        with pytest.raises(Refused, match=r"^Enter a whole number from"):
            values.whole_number(typed, limits.whole(name))

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
        field = limits.whole(name)
        assert values.whole_number(str(lowest), field) == lowest
        assert values.whole_number(str(highest), field) == highest
        for outside in (lowest - 1, highest + 1, 2**53, 10**19):
            with pytest.raises(Refused):
                values.whole_number(str(outside), field)

    @pytest.mark.parametrize("typed", [" 5 ", "5\n", "\t5", "05", "0" * 5_000 + "5"])
    def test_forgives_spaces_around_and_leading_zeros(self, typed):
        assert values.whole_number(typed, limits.whole("retention_days")) == 5


BAD_HOSTS = {
    "space": "sip example.com",
    "tab": "sip\texample.com",
    "scheme": "sip:sip.example.com",
    "secure scheme": "SIPS:sip.example.com",
    "https": "https://sip.example.com",
    "user": "user@sip.example.com",
    "path": "sip.example.com/path",
    "query": "sip.example.com?x=1",
    "fragment": "sip.example.com#x",
    "semicolon": "sip.example.com;transport=tls",
    "ipv6": "2001:db8::1",
    "ipv6 in brackets": "[2001:db8::1]",
    "ipv6 with port": "[::1]:5060",
    "address out of range": "256.1.1.1",
    "short address": "127.1",
    "long address": "1.2.3.4.5",
    "octal address": "0177.0.0.1",
    "leading zeros": "10.0.0.01",
    "hex address": "0x7f.0.0.1",
    "decimal address": "2130706433",
    "number as last label": "sip.example.1",
    "underscore": "_sip._udp.example.com",
    "leading hyphen": "-sip.example.com",
    "trailing hyphen": "sip-.example.com",
    "empty label": "sip..example.com",
    "leading dot": ".example.com",
    "only a dot": ".",
    "label of 64": "x" * 64 + ".example.com",
    "name of 254": ".".join(["x" * 49] * 5) + ".xxxx",
    "broken punycode": "xn--a.example.com",
    "invisible": "\u00ad",
    "nul": "sip\0.example.com",
    "percent": "sip%2eexample.com",
    "backslash": "sip\\example.com",
    "angle brackets": "<sip.example.com>",
    "port 0": "sip.example.com:0",
    "port 65536": "sip.example.com:65536",
    "port of 6 digits": "sip.example.com:005060",
    "no port": "sip.example.com:",
    "negative port": "sip.example.com:-1",
    "named port": "sip.example.com:sip",
    "two ports": "sip.example.com:5060:5061",
    "full-width port": "sip.example.com:５０６０",
    "only a port": ":5060",
}


class TestSipDomain:
    @by_name(BAD_HOSTS)
    def test_refuses(self, typed):
        with pytest.raises(Refused):
            values.sip_domain(typed)

    @pytest.mark.parametrize(
        ("typed", "stored"),
        [
            ("sip.example.com", "sip.example.com"),
            ("  SIP.Example.COM ", "sip.example.com"),
            ("sip.example.com.", "sip.example.com"),
            ("pbx", "pbx"),
            ("sip.example.com:1", "sip.example.com:1"),
            ("sip.example.com:65535", "sip.example.com:65535"),
            ("sip.example.com:05060", "sip.example.com:5060"),
            ("192.0.2.10", "192.0.2.10"),
            ("192.0.2.10:5061", "192.0.2.10:5061"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("BÜCHER.example:5060", "xn--bcher-kva.example:5060"),
            ("straße.example", "xn--strae-oqa.example"),
            ("例え.テスト", "xn--r8jz45g.xn--zckzah"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("１９２.0.2.10", "192.0.2.10"),
            ("x" * 63 + ".example", "x" * 63 + ".example"),
            ("", None),
            ("   ", None),
        ],
    )
    def test_stores_one_spelling(self, typed, stored):
        assert values.sip_domain(typed) == stored

    def test_takes_255_characters_and_not_256(self):
        host = ".".join(["x" * 49] * 5)
        assert len(host) == 249
        assert values.sip_domain(f"{host}:65535") == f"{host}:65535"
        with pytest.raises(Refused):
            values.sip_domain(f"{host}x:65535")


class TestSipUsername:
    @pytest.mark.parametrize(
        "typed", ["alice", "+4930123456", "a-b_c.d!e~f*g'h(i)", "&=+$,;?/", "0"]
    )
    def test_takes_the_characters_of_rfc_3261(self, typed):
        assert values.sip_username(f" {typed} ") == typed

    @pytest.mark.parametrize(
        "typed",
        ["a b", "a@b", "a:b", "a%20b", 'a"b', "a\\b", "a<b", "ä", "аlice", "a\0", "a\u200b", "a#b"],
    )
    def test_refuses_others(self, typed):
        with pytest.raises(Refused):
            values.sip_username(typed)

    def test_takes_100_characters_and_not_101(self):
        assert values.sip_username("u" * 100) == "u" * 100
        with pytest.raises(Refused):
            values.sip_username("u" * 101)

    def test_blank_is_none(self):
        assert values.sip_username("  ") is None


class TestSipPassword:
    @pytest.mark.parametrize("length", [8, 128])
    def test_takes_8_to_128_characters(self, length):
        typed = ("aB3$" * 32)[:length]
        assert values.sip_password(typed) == typed

    @pytest.mark.parametrize("length", [1, 7, 129, 10_000])
    def test_refuses_7_and_129_characters(self, length):
        with pytest.raises(Refused, match="8 to 128"):
            values.sip_password(("aB3$" * 2_500)[:length])

    def test_keeps_spaces_at_both_ends(self):
        assert values.sip_password("  pass word  ") == "  pass word  "

    def test_takes_all_printable_ascii(self):
        printable = "".join(chr(code) for code in range(0x20, 0x7F))
        assert values.sip_password(printable) == printable

    @pytest.mark.parametrize(
        "typed", ["********", "••••••••", "●" * 12, "xxxxxxxx", "........", "        "]
    )
    def test_refuses_a_mask(self, typed):
        with pytest.raises(Refused, match="mask"):
            values.sip_password(typed)

    @pytest.mark.parametrize(
        "typed", ["pässword1", "password\t1", "password1\n", "pass\0word", "\x7f" * 9]
    )
    def test_refuses_what_is_not_printable_ascii(self, typed):
        with pytest.raises(Refused):
            values.sip_password(typed)

    def test_blank_means_that_nothing_was_typed(self):
        assert values.sip_password("") is None

    def test_no_message_repeats_it(self):
        for typed in ("hunter2", "hunter2é" * 2, "hunter2" * 40):
            with pytest.raises(Refused) as caught:
                values.sip_password(typed)
            assert "hunter2" not in str(caught.value)
