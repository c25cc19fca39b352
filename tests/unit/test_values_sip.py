"""What people type into SIP fields. The limits are copied from DESIGN 2.1."""

import pytest

from webui import values
from webui.values import Refused

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
    "port in Arabic digits": "sip.example.com:٥٠٦٠",
    "only a port": ":5060",
}


class TestSipDomain:
    @pytest.mark.parametrize("typed", BAD_HOSTS.values(), ids=BAD_HOSTS.keys())
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
            ("ｓｉｐ．example.com：５０６０", "sip.example.com:5060"),
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
        "typed", ["********", "••••••••", "●" * 12, "--------", "........", "        "]
    )
    def test_refuses_a_mask(self, typed):
        with pytest.raises(Refused, match="mask"):
            values.sip_password(typed)

    @pytest.mark.parametrize("typed", ["x" * 128, "0" * 8])
    def test_leaves_it_to_people_to_choose_a_weak_one(self, typed):
        assert values.sip_password(typed) == typed

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
