"""The one rule for passwords."""

import pytest

from webui.accounts import password_rule
from webui.accounts.password_rule import COMMON, LENGTH, OWN_NAME
from webui.values import Refused


def refusal(password, *names):
    with pytest.raises(Refused) as refused:
        password_rule.check(password, *names)
    assert password not in str(refused.value)
    return str(refused.value)


class TestLength:
    @pytest.mark.parametrize("password", ["", "seven77", "z" * 73])
    def test_outside_is_refused(self, password):
        with pytest.raises(Refused, match=LENGTH):
            password_rule.check(password)

    @pytest.mark.parametrize("password", ["blau-Ofn", "ü" * 72, "zq" * 36, " spaces stay "])
    def test_inside_is_taken_as_it_is(self, password):
        assert password_rule.check(password) is None


class TestCommon:
    def test_list_holds_three_thousand_that_are_long_enough(self):
        words = password_rule._common()
        assert len(words) == 3_000
        assert min(map(len, words)) >= 8
        assert words == {word.casefold() for word in words}

    @pytest.mark.parametrize("password", ["12345678", "password1", "PassWord1", "qwertyuiop"])
    def test_is_refused_in_any_case(self, password):
        assert refusal(password) == COMMON

    def test_as_part_of_a_longer_one_is_taken(self):
        assert password_rule.check("password1 and a horse") is None


class TestOwnName:
    def test_is_refused_in_any_case(self):
        names = ("dana.reyes", "Dana@Example.com")
        assert refusal("Dana.Reyes", *names) == OWN_NAME
        assert refusal("dana@example.com", *names) == OWN_NAME

    def test_absent_ones_do_not_matter(self):
        assert password_rule.check("a fine one", None, "") is None
