"""What holds for any input: nothing but Refused is raised, and what is stored is stable."""

import json
import re
from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from webui import values
from webui.core import catalogue, limits
from webui.core.catalogue import FIELDS
from webui.history.record import chain
from webui.values import Refused

LABELS = ["a", "Hooks", "example", "é", "ß", "xn--bcher-kva", "xn--a", "-", "x_y", "", "\u00ad"]
ENDINGS = [
    "com",
    "local",
    "internal",
    "localhost",
    "arpa",
    "home",
    "1",
    "127",
    "0x7f",
    "１",
    "[",
    "@",
]
PORTS = ["", ":", ":0", ":443", ":8443", ":05060", ":65536", ":４", ":x", "/", "#", " ", "\\"]
names = st.lists(st.sampled_from(LABELS), max_size=3).map(".".join)
hosts = st.builds(
    "{}{}{}{}".format,
    names,
    st.sampled_from([".", "。", ""]),
    st.sampled_from(ENDINGS),
    st.sampled_from(PORTS),
)
urls = st.builds("https://{}{}".format, hosts, st.just("") | st.text(max_size=20))
numbers = st.from_regex(r"\s?[+-]?[0-9_.e]{1,20}\s?", fullmatch=True) | st.integers().map(str)
anything = st.text(st.characters())
scalars = st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | st.text(max_size=20)
documents = st.dictionaries(
    st.text(max_size=10),
    st.recursive(
        scalars,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
        ),
        max_leaves=12,
    ),
    max_size=6,
)

NORMALISERS = {
    "name": (lambda raw: values.text(raw, FIELDS["name"]), anything),
    "reason": (lambda raw: values.text(raw, limits.REASON), anything),
    "sip_domain": (values.sip_domain, anything | hosts),
    "sip_username": (values.sip_username, anything | hosts),
    "sip_password": (
        values.sip_password,
        anything | st.text(st.sampled_from("aB3 *•"), min_size=7),
    ),
    "webhook_url": (values.webhook_url, anything | urls),
}

META_DATA = partial(values.json_object, field=FIELDS["meta_data"])


def accepted(normalise, raw):
    """The stored value, or None when it is refused."""
    try:
        return normalise(raw)
    except Refused:
        return None


class TestEveryNormaliser:
    @pytest.mark.parametrize(("normalise", "inputs"), NORMALISERS.values(), ids=NORMALISERS.keys())
    def test_changes_nothing_the_second_time(self, normalise, inputs):
        @given(inputs)
        def check(raw):
            stored = accepted(normalise, raw)
            if stored is not None:
                assert normalise(stored) == stored

        check()


class TestText:
    @given(anything)
    def test_what_is_accepted_is_one_clean_line(self, raw):
        stored = accepted(NORMALISERS["name"][0], raw)
        if stored is not None:
            assert 1 <= len(stored) <= 255
            assert stored == stored.strip()
            assert len(stored.splitlines()) == 1
            assert not re.search(
                r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f]", stored
            )

    @pytest.mark.usefixtures("app")
    # One example runs on both databases, each in an instance of this class.
    @settings(
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors]
    )
    @given(anything)
    def test_what_is_accepted_satisfies_the_database(self, session, raw):
        stored = accepted(NORMALISERS["name"][0], raw)
        if stored is not None:
            query = text(f"SELECT {FIELDS['name'].check()} FROM (SELECT :value AS name) AS given")
            assert session.scalar(query, {"value": stored})


class TestWholeNumber:
    @given(anything | numbers)
    def test_accepts_exactly_the_digits_in_range(self, raw):
        field = catalogue.whole("max_concurrent_calls")
        trimmed = raw.strip()
        expected = None
        if re.fullmatch("[0-9]+", trimmed) and 1 <= int(trimmed) <= 1_000:
            expected = int(trimmed)
        assert accepted(lambda text: values.whole_number(text, field), raw) == expected


class TestHosts:
    @given(anything | hosts)
    def test_what_is_accepted_is_plain_ascii(self, raw):
        stored = accepted(values.sip_domain, raw)
        if stored is not None:
            assert re.fullmatch(r"[a-z0-9.-]{1,253}(:[1-9][0-9]{0,4})?", stored)

    @given(urls)
    def test_what_is_accepted_has_a_public_looking_host(self, raw):
        stored = accepted(values.webhook_url, raw)
        if stored is not None:
            match = re.match(r"https://([a-z0-9.-]+)(:8443)?(?:[/?]|$)", stored)
            assert match
            labels = match[1].split(".")
            assert len(labels) > 1
            assert not re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1])
            assert labels[-1] not in ("local", "internal", "localhost")


class TestMetaData:
    @given(documents)
    def test_comes_back_as_it_was(self, document):
        typed = json.dumps(document)
        stored = accepted(META_DATA, typed)
        if stored is not None:
            assert json.dumps(stored) == typed
            assert json.loads(chain.canonical(stored)) == stored
            assert len(values.compact_json(stored).encode()) <= 16_384
        else:
            assert "\\u0000" in typed or depth(document) > 5

    @given(anything | documents.map(json.dumps).flatmap(lambda t: st.text(t or "{")))
    def test_anything_else_is_refused(self, raw):
        stored = accepted(META_DATA, raw)
        assert stored is None or isinstance(stored, dict)


def depth(value) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0
