"""Password hashes: of one form, whatever keyboard typed it, and the older ones as well."""

import pytest

from webui.accounts import passwords
from webui.accounts.passwords import (
    LONGEST_TYPED,
    hash_password,
    password_fits,
    prepared,
    renewed,
)

# The same words from two keyboards, and as they are hashed.
COMPOSED, PARTED, WIDE = "blåbär på 7", "bla\u030aba\u0308r pa\u030a 7", "ｂｌåｂäｒ　ｐå　７"
TYPED = (COMPOSED, PARTED, WIDE)


@pytest.fixture
def old(app):
    """A hash of what was typed, as it was made before."""
    return passwords._hasher("cheap").hash(PARTED)


class TestForm:
    def test_is_one_for_all_keyboards(self):
        assert {prepared(typed) for typed in TYPED} == {COMPOSED}

    def test_keeps_white_space_at_the_ends(self):
        assert prepared(" twelve chars ") == " twelve chars "

    def test_is_made_of_no_more_than_a_password_can_be(self):
        long = "a" + "\u0301" * LONGEST_TYPED
        assert prepared(long) == long
        assert prepared(long[:-1]) != long[:-1]


class TestHash:
    @pytest.mark.parametrize("typed", TYPED)
    def test_fits_from_any_keyboard(self, app, typed):
        for first in TYPED:
            stored = hash_password(first)
            assert password_fits(stored, typed)
            assert renewed(stored, typed) is None

    def test_of_what_was_typed_goes_on_working_and_is_renewed(self, old):
        assert password_fits(old, PARTED)
        new = renewed(old, PARTED)
        assert all(password_fits(new, typed) for typed in TYPED)
        assert renewed(new, PARTED) is None

    def test_of_what_was_typed_fits_nothing_else(self, old):
        assert not password_fits(old, WIDE)
        assert not password_fits(old, "anything else")

    def test_that_is_missing_costs_the_same(self, app, monkeypatch):
        counted = []
        fits = passwords._fits
        monkeypatch.setattr(passwords, "_fits", lambda *pair: counted.append(pair) or fits(*pair))
        stored = hash_password("another one")
        for absent in (None, "!", stored):
            counted.clear()
            assert not password_fits(absent, PARTED)
            assert len(counted) == 2 + (absent == "!")
