"""The newest changes of a row, from the texts of its entries."""

import pytest

from tests.unit.test_quick_check import NASTY, body
from webui.history.record import chain
from webui.history.verification.rows.replay import replay

MISLEADING = '{"a":1},"changes":{"name":[1,2]},"id":"x"'


def told(*texts):
    """The state of one row, whose first entry makes it."""
    rows = [
        ("row", n, f"id {n}", "made" if n == 1 else "changed", n, text)
        for n, text in enumerate(texts, 1)
    ]
    [(row, state)] = replay(rows, frozenset({"made"}))
    assert row == "row"
    return state


@pytest.mark.parametrize(
    "overrides",
    [
        {"changes": {}},
        {"changes": {"meta_data": [{}, {"changes": 1, "id": "x"}], "name": ["a", "b"]}},
        {"changes": {"meta_data": [[{"a": {}, "id": 1}], {"a": {"id": {}}}]}},
        {"changes": {"name": [None, MISLEADING]}, "agent": MISLEADING, "address": MISLEADING},
        {"changes": {"name": [NASTY, NASTY]}, "agent": NASTY, "reason": NASTY},
    ],
)
def test_are_those_of_the_entry(overrides):
    written = body(**overrides)
    assert told(chain.canonical(written)).changes == written["changes"]


def test_are_the_newest_of_each_field():
    texts = [
        chain.canonical(body(changes=changes))
        for changes in ({"a": [None, 1], "b": [None, 2]}, {"b": [2, 3]})
    ]
    state = told(*texts)
    assert (state.new("a"), state.new("b"), state.new("c")) == (1, 3, None)
    assert [state.entries[name][1] for name in ("a", "b")] == [1, 2]
    assert (state.made[1], state.newest[1], state.version, state.count) == (1, 2, 2, 2)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", b"bytes", None, 5, '{"changes":5}', ',"changes":5,"id":', "{"]
)
def test_are_none_in_a_text_that_is_no_entry(text):
    assert told(text).changes == {}


@pytest.mark.parametrize("text", ['{"changes":{"a":[0,1]}}', '{"changes": {"a": [0, 1]}, "id": 1}'])
def test_are_read_in_other_forms_as_well(text):
    assert told(text).changes == {"a": [0, 1]}


@pytest.mark.parametrize("change", [None, 5, [], ["one"]])
def test_that_are_no_pair_have_no_newest_value(change):
    assert told(chain.canonical(body(changes={"a": change}))).new("a") is None
