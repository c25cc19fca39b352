import hashlib
import json
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import verifier
from webui.history.record import chain

values = st.recursive(
    st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
bodies = st.dictionaries(st.text(), values, max_size=6)


class TestCanonical:
    @given(bodies)
    def test_is_what_a_second_implementation_writes(self, body):
        assert chain.canonical(body) == verifier.canonical(body)

    @given(bodies)
    def test_comes_back_as_it_was(self, body):
        assert json.loads(chain.canonical(body)) == body

    @given(bodies)
    def test_does_not_depend_on_the_order_of_keys(self, body):
        turned = dict(reversed(body.items()))
        assert chain.canonical(turned) == chain.canonical(body)

    def test_sorts_by_utf_16_code_units(self):
        # RFC 8785, 3.2.3: the emoji's surrogates come before U+FB33.
        example = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "ö": 7}
        order = ["\r", "1", "\u0080", "ö", "\u20ac", "\U0001f600", "\ufb33"]
        assert list(json.loads(chain.canonical(example))) == order

    def test_escapes_as_little_as_it_may(self):
        text = '\u20ac$\u000f\nA\'B"\\\\"/'
        assert chain.canonical({"a": text}) == '{"a":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'

    @pytest.mark.parametrize("value", [1.0, 0.5, float("nan"), float("inf"), -0.0])
    @pytest.mark.parametrize("wrap", [lambda v: v, lambda v: [v], lambda v: {"b": [1, (v,)]}])
    def test_refuses_floats_at_any_depth(self, value, wrap):
        with pytest.raises(ValueError):
            chain.canonical({"a": wrap(value)})

    @pytest.mark.parametrize("value", [2**53 - 1, 1 - 2**53])
    def test_keeps_the_largest_numbers_that_json_can(self, value):
        assert chain.canonical({"a": [value]}) == f'{{"a":[{value}]}}'

    @pytest.mark.parametrize("value", [2**53, -(2**53), 10**30])
    def test_refuses_numbers_that_json_cannot_keep(self, value):
        with pytest.raises(ValueError):
            chain.canonical({"a": value})

    @pytest.mark.parametrize("value", [object(), b"bytes", {1, 2}, {1: 2}])
    def test_refuses_what_is_not_json(self, value):
        with pytest.raises((ValueError, TypeError)):
            chain.canonical({"a": value})


class TestDigest:
    def test_is_sha_256_in_hex(self):
        # FIPS 180-4's example.
        expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        assert chain.digest("abc") == expected

    @given(st.text())
    def test_hashes_utf_8(self, text):
        assert chain.digest(text) == hashlib.sha256(text.encode()).hexdigest()


class TestSealedDigest:
    def test_is_sha_256_of_salt_and_value(self):
        expected = hashlib.sha256(b"salt" + "wert€".encode()).hexdigest()
        assert chain.sealed_digest(b"salt", "wert€") == expected


class TestTimestamp:
    @pytest.mark.parametrize(
        ("at", "shown"),
        [
            (datetime(2026, 11, 23, 14, 52, 7, 123, UTC), "2026-11-23T14:52:07.000123Z"),
            (datetime(2026, 1, 2, 3, 4, 5, 0, UTC), "2026-01-02T03:04:05.000000Z"),
            (
                datetime(2026, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=2))),
                "2025-12-31T23:00:00.000000Z",
            ),
        ],
    )
    def test_is_utc_with_microseconds_and_z(self, at, shown):
        assert chain.timestamp(at) == shown

    def test_is_utc_wherever_the_machine_stands(self, monkeypatch):
        monkeypatch.setenv("TZ", "Asia/Kathmandu")
        time.tzset()
        try:
            assert chain.timestamp(EPOCH) == "1970-01-01T00:00:00.000000Z"
        finally:
            monkeypatch.undo()
            time.tzset()

    @given(st.integers(0, 10**16).map(lambda us: EPOCH + timedelta(microseconds=us)))
    def test_comes_back_as_it_was_and_sorts_by_time(self, at):
        shown = chain.timestamp(at)
        assert datetime.fromisoformat(shown) == at
        assert shown < chain.timestamp(at + timedelta(microseconds=1))


def test_the_first_entry_follows_64_zeros():
    assert chain.GENESIS == "0" * 64


def test_the_format_is_the_first_one():
    # Outside verifiers read it; another format is another number.
    assert chain.VERSION == 1
