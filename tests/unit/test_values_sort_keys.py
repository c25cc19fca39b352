"""The order of names: numbers as people count them, everything else by its plain letters."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webui import values

ORDER = [
    *('"Dąb" Hotel', "1&1", "2 Brüder", "007 Taxi", "10 Downing", "A – 1", "A ９", "a 10"),
    *("A ١١", "a 99", "A 099", "a 099 b", "a 100", "A 18446744073709551616"),
    *("a 118446744073709551616", "A b", "A-9", "A—10", "A1", "a1b", "A2b", "Å10b"),
    *("Ö", "O’Brien", "O'Brien & Sons", "O‘Brien 2", "Oak", "Obrador", "Öz", "P"),
]
keys = st.text("aé b-019", max_size=12).map(values.search_key)
usernames = st.text("ab.-_0129", min_size=3, max_size=50)


def order_of(name):
    return values.sort_key(values.name_key(name))


def as_counted(key):
    """What people compare: characters, and numbers in the place of digits."""
    parts = re.findall("[0-9]+|.", key)
    return [("0", int(part)) if part.isdigit() else (part, 0) for part in parts]


class TestSortKey:
    @pytest.mark.parametrize("numbers", [range(120), [0, 9, 99, 10**7, 10**8, 10**16, 10**17]])
    def test_counts(self, numbers):
        names = [f"Team {number} b" for number in numbers]
        assert sorted(names, key=order_of) == names

    def test_knows_no_accents_signs_and_scripts_of_digits(self):
        assert sorted(sorted(ORDER, reverse=True), key=order_of) == ORDER

    @given(keys, keys)
    def test_is_the_order_in_which_people_count(self, one, other):
        if as_counted(one) < as_counted(other):
            assert values.sort_key(one) < values.sort_key(other)

    @given(usernames, usernames)
    def test_differs_for_different_usernames(self, one, other):
        assert (values.sort_key(one) == values.sort_key(other)) == (one == other)
        assert len(values.sort_key(one)) < values.SORT_LENGTH

    def test_is_bounded(self):
        assert len(values.sort_key("1a" * 255)) == values.SORT_LENGTH
        assert len(values.sort_key("0" * 10_000)) == values.SORT_LENGTH


class TestSortRange:
    @given(keys, keys)
    def test_has_every_key_with_the_beginning(self, prefix, rest):
        first, end = values.sort_range(prefix)
        assert first <= values.sort_key(prefix + rest) < end

    def test_of_long_beginnings_as_well(self):
        for prefix in ("a" * 200, "a" * 127 + "1", "a" * 128 + "1", "1a" * 100 + "0"):
            first, end = values.sort_range(prefix)
            assert first <= values.sort_key(prefix + "2") < end

    def test_is_narrow(self):
        first, end = values.sort_range("ab")
        assert not first <= values.sort_key("ac") < end
        first, end = values.sort_range("9")
        assert not any(first <= values.sort_key(other) < end for other in ("a", ":", "&", ""))
