"""When a delivery that failed is tried again."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webui.webhooks.delivery.schedule import ATTEMPTS, FIRST, LAST, asked_pause, pause

CHANCE = st.floats(0, 1)


def test_there_are_eight_attempts():
    pauses = [pause(n, 0.5) for n in range(1, 9)]
    assert [p is None for p in pauses] == [False] * 7 + [True]
    assert (8, timedelta(seconds=5), timedelta(hours=10)) == (ATTEMPTS, FIRST, LAST)
    assert abs(pauses[0] - FIRST) < timedelta(milliseconds=1)
    assert abs(pauses[6] - LAST) < timedelta(milliseconds=1)
    assert timedelta(hours=12) < sum(pauses[:7], timedelta()) < timedelta(hours=14)


def test_pauses_grow_by_the_same_factor():
    pauses = [pause(n, 0.5) for n in range(1, 8)]
    factors = [after / before for before, after in itertools.pairwise(pauses)]
    assert max(factors) - min(factors) < 0.001
    assert 4 < factors[0] < 5


@given(st.integers(1, 7), CHANCE)
def test_stay_between_the_first_and_the_last(attempts, chance):
    assert FIRST <= pause(attempts, chance) <= LAST


@given(st.integers(1, 6), CHANCE, CHANCE)
def test_a_later_pause_is_longer_whatever_chance_says(attempts, one, other):
    assert pause(attempts, one) < pause(attempts + 1, other)


def test_chance_spreads_them():
    spread = {pause(4, n / 10) for n in range(11)}
    assert len(spread) == 11
    assert min(spread) < pause(4, 0.5) * 0.85
    assert max(spread) > pause(4, 0.5) * 1.15


@given(st.integers(8, 1000), CHANCE)
def test_there_is_an_end(attempts, chance):
    assert pause(attempts, chance) is None


NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        ("00120", 120),
        ("36001", 36_000),
        ("9" * 5_000, 36_000),
        ("Tue, 24 Nov 2026 12:02:00 GMT", 120),
        ("Tuesday, 24-Nov-26 12:02:00 GMT", 120),
        ("Tue Nov 24 12:02:00 2026", 120),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0),
        ("Fri, 24 Nov 2028 12:00:00 GMT", 36_000),
    ],
)
def test_a_receiver_says_when_in_seconds_or_as_a_date(text, seconds):
    assert asked_pause(text, NOON) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "soon", "-5", "1.5", "+5", "٣", "Tue, 99 Nov 2026", "5, 6"])
def test_what_says_nothing_is_left_alone(text):
    assert asked_pause(text, NOON) is None
