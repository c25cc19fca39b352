"""Metadata: the one field into which people type a whole document."""

import json
from functools import partial

import pytest

from webui.core.catalogue import FIELDS
from webui.values import Refused, compact_json, json_object, metadata

meta_data = partial(json_object, field=FIELDS["meta_data"])


def nested(levels: int, opening: str, closing: str, inside: str = "") -> str:
    """A member `a` that makes the object so many levels deep in all."""
    return '{"a":' + opening * (levels - 1) + inside + closing * (levels - 1) + "}"


def keys(count: int) -> str:
    return json.dumps({f"k{number}": number for number in range(count)})


def of_size(size: int, letter: str = "x") -> str:
    """A document of so many bytes in compact UTF-8."""
    room = size - len('{"a":""}')
    filling = letter * (room // len(letter.encode()))
    return '{"a":"' + filling + "x" * (room - len(filling.encode())) + '"}'


REFUSED = {
    "list": "[1, 2]",
    "text": '"text"',
    "number": "5",
    "null": "null",
    "nothing but a brace": "{",
    "single quotes": "{'a': 1}",
    "trailing comma": '{"a": 1,}',
    "comment": '{"a": 1} // why',
    "two documents": '{"a": 1} {"b": 2}',
    "python": '{"a": None}',
    "bare key": "{a: 1}",
    "byte order mark": '\ufeff{"a": 1}',
    "float": '{"a": 1.5}',
    "float that is whole": '{"a": 1.0}',
    "exponent": '{"a": 1e3}',
    "negative zero as float": '{"a": -0.0}',
    "infinity by size": '{"a": 1e999}',
    "NaN": '{"a": NaN}',
    "Infinity": '{"a": Infinity}',
    "-Infinity": '{"a": [-Infinity]}',
    "2^53": '{"a": 9007199254740992}',
    "-2^53": '{"a": -9007199254740992}',
    "huge number": '{"a": ' + "9" * 5_000 + "}",
    "hex": '{"a": 0x10}',
    "leading zero": '{"a": 01}',
    "duplicate key": '{"a": 1, "a": 2}',
    "duplicate key, escaped": '{"a": 1, "\\u0061": 2}',
    "duplicate key inside": '{"a": [{"b": 1, "b": 1}]}',
    "NUL": '{"a": "\\u0000"}',
    "NUL in a key": '{"\\u0000": 1}',
    "NUL in a list": '{"a": ["x\\u0000"]}',
    "raw NUL": '{"a": "\0"}',
    "raw newline in text": '{"a": "\n"}',
    "lone surrogate": '{"a": "\\ud800"}',
    "lone surrogate in a key": '{"\\udc00": 1}',
    "raw lone surrogate": '{"a": "\ud800"}',
    "surrogates in the wrong order": '{"a": "\\udc00\\ud800"}',
    "six objects deep": nested(6, '{"a":', "}", "1"),
    "six levels of lists": nested(6, "[", "]"),
    "60,000 brackets": "[" * 60_000,
    "60,000 brackets in an object": nested(60_000, "[", "]"),
    "60,000 braces": '{"a":' * 60_000,
    "101 keys": keys(101),
    "101 keys in all": '{"a": ' + keys(50) + ', "b": [' + keys(49) + "]}",
    "16,385 bytes": of_size(16_385),
    "16,385 bytes, three a character": of_size(16_385, "€"),
}

ACCEPTED = {
    "empty": ("", {}),
    "blank": (" \n ", {}),
    "empty object": ("{}", {}),
    "spaces": ('  { "crm" : "A-1" }\n', {"crm": "A-1"}),
    "all kinds": (
        '{"a": null, "b": true, "c": false, "d": -1, "e": "é", "f": [], "g": {}}',
        {"a": None, "b": True, "c": False, "d": -1, "e": "é", "f": [], "g": {}},
    ),
    "2^53-1": ('{"a": 9007199254740991}', {"a": 2**53 - 1}),
    "-(2^53-1)": ('{"a": -9007199254740991}', {"a": 1 - 2**53}),
    "surrogate pair": ('{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
    "same key at two levels": ('{"a": {"a": 1}}', {"a": {"a": 1}}),
    "script": ('{"a": "</script><script>"}', {"a": "</script><script>"}),
}


class TestMetaData:
    @pytest.mark.parametrize("typed", REFUSED.values(), ids=REFUSED.keys())
    def test_refuses(self, typed):
        with pytest.raises(Refused):
            meta_data(typed)

    @pytest.mark.parametrize(("typed", "value"), ACCEPTED.values(), ids=ACCEPTED.keys())
    def test_takes(self, typed, value):
        stored = meta_data(typed)
        assert stored == value
        # True == 1 in Python; in JSON they differ.
        assert compact_json(stored) == compact_json(value)

    @pytest.mark.parametrize(("opening", "closing"), [('{"a":', "}"), ("[", "]")])
    def test_takes_five_levels(self, opening, closing):
        typed = nested(5, opening, closing, inside="1")
        assert compact_json(meta_data(typed)) == typed

    def test_takes_100_keys_in_all(self):
        assert len(meta_data(keys(100))) == 100
        typed = '{"a": ' + keys(50) + ', "b": [' + keys(48) + "]}"
        assert set(meta_data(typed)) == {"a", "b"}

    def test_finds_a_repeated_key_without_comparing_each_with_each(self):
        class Key(str):
            compared = 0
            __hash__ = str.__hash__

            def __eq__(self, other):
                Key.compared += 1
                return str.__eq__(self, other)

        names = [Key(number) for number in range(1_000)]
        with pytest.raises(Refused, match='"999" appears twice'):
            metadata.unique_keys([(name, 0) for name in [*names, Key(999)]])
        assert Key.compared < 5_000

    @pytest.mark.parametrize("letter", ["x", "é", "€", "😀"])
    def test_takes_16384_bytes(self, letter):
        typed = of_size(16_384, letter)
        assert compact_json(meta_data(typed)) == typed

    def test_counts_the_bytes_that_are_stored(self):
        spread = json.dumps(json.loads(of_size(16_384, "€")), indent=40)
        assert len(spread.encode()) > 16_384
        assert len(compact_json(meta_data(spread)).encode()) == 16_384

    def test_keeps_the_order_of_keys(self):
        assert list(meta_data('{"b": 1, "a": 2, "c": 3}')) == ["b", "a", "c"]

    def test_says_where_the_mistake_is(self):
        with pytest.raises(Refused, match="line 2, column 3"):
            meta_data('{"a": 1,\n  oops}')
