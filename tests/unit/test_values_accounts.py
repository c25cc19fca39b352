"""Usernames and e-mail addresses."""

import pytest

from webui import values


class TestUsername:
    @pytest.mark.parametrize("raw", ["abc", "Dana.Reyes-2_x", "0" * 50, "  padded  "])
    def test_is_taken(self, raw):
        assert values.username(raw) == raw.strip()

    @pytest.mark.parametrize(
        "raw", ["", "ab", "x" * 51, "dana reyes", "dána", "a@b", "a/b", "a\x00b", "abc\u200b"]
    )
    def test_is_refused(self, raw):
        with pytest.raises(values.Refused):
            values.username(raw)

    @pytest.mark.parametrize("raw", ["Ｄａｎａ．Ｒｅｙｅｓ－２", "Dana.Reyes\u20132"])
    def test_is_that_of_a_plain_keyboard(self, raw):
        assert values.username(raw) == "Dana.Reyes-2"


class TestEmail:
    @pytest.mark.parametrize("raw", ["ö’x@b.co", "o\u0308´x@b.co", "ö＇ｘ＠ｂ．ｃｏ"])
    def test_is_that_of_a_plain_keyboard(self, raw):
        assert values.email(raw) == "ö'x@b.co"

    @pytest.mark.parametrize("raw", ["a@b.co", " Dana+tag@Sub.Example.com ", "ü@münchen.example"])
    def test_is_taken(self, raw):
        assert values.email(raw) == raw.strip()

    @pytest.mark.parametrize(
        "raw", ["", "  ", "a@b", "@b.co", "a@", "a b@c.de", "a@b@c.de", "x" * 250 + "@b.co"]
    )
    def test_is_refused(self, raw):
        with pytest.raises(values.Refused):
            values.email(raw)
