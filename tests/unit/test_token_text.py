"""The text of API tokens."""

import re
import zlib

import pytest

from webui.crypto.token_text import FORM, LENGTH, PREFIX, is_wellformed, new_token


class TestNewToken:
    def test_has_prefix_length_and_form(self):
        token = new_token()
        assert token.startswith(PREFIX)
        assert len(token) == LENGTH == 39
        assert FORM.fullmatch(token)

    def test_is_random(self):
        assert len({new_token() for _ in range(200)}) == 200

    def test_ends_with_the_crc_in_base_62(self):
        token = new_token()
        digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        number = 0
        for digit in token[-6:]:
            number = number * 62 + digits.index(digit)
        assert number == zlib.crc32(token[:-6].encode())


class TestIsWellformed:
    @pytest.mark.parametrize(
        "token",
        ["tc_0123456789ABCDEFGHIJKLMNOPQRST0B1KoE", "tc_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz0M9xlo"],
    )
    def test_accepts_those_of_every_release(self, token):
        assert is_wellformed(token)

    def test_accepts_new_ones(self):
        assert all(is_wellformed(new_token()) for _ in range(50))

    def test_refuses_another_character_anywhere(self):
        token = new_token()
        for place in range(LENGTH):
            other = "1" if token[place] != "1" else "2"
            assert not is_wellformed(token[:place] + other + token[place + 1 :])

    @pytest.mark.parametrize(
        "change",
        [
            lambda token: "",
            lambda token: token[:-1],
            lambda token: token + "0",
            lambda token: token + "\n",
            lambda token: " " + token,
            lambda token: token.upper(),
            lambda token: token.replace("tc_", "gh_"),
            lambda token: "tc_" + "\u0661" * 36,
            lambda token: token * 10_000,
        ],
    )
    def test_refuses(self, change):
        assert not is_wellformed(change(new_token()))

    def test_is_found_in_a_text(self):
        token = new_token()
        assert re.findall(FORM, f"curl -H 'Authorization: Bearer {token}'") == [token]
