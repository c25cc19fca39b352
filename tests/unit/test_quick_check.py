"""The short way of judging an entry shows nothing that the long way would not."""

import json
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webui.history.record import chain, entry_rows
from webui.history.verification import checks, quick_check
from webui.history.verification.raw_rows import POSTGRESQL_IDS, SQLITE_IDS

ID, TENANT, USER = (str(UUID(int=number)) for number in (0xA1, 0xB2, 0xC3))
NASTY = 'a "quoted" \\ back\\\\slash, é \U0001f600 \ufb33 \n \u0001 ","at":"'


def body(**overrides):
    """A body as the product writes it."""
    return {
        "v": 1,
        "seq": 7,
        "id": ID,
        "at": "2026-11-23T14:52:07.000100Z",
        "action": "tenant.billing.updated",
        "outcome": "success",
        "tenant": {"id": TENANT, "name": "One", "version": 3},
        "actor": {"type": "user", "id": USER, "name": "sam", "role": "support"},
        "source": "ui",
        "changes": {"max_concurrent_calls": [10, 20], "name": ["a", "b"]},
        "reason": "Agreed by phone",
        "request": ID,
        "address": "192.0.2.1",
        "agent": "Mozilla/5.0",
        "prev": "f" * 64,
    } | overrides


def row_of(told, ids=SQLITE_IDS, text=None):
    """The row of a body in the order of COLUMNS; with another text, if one is given."""
    row = entry_rows.entry_row(told, chain.canonical(told) if text is None else text)
    row["at"] = row["at"].strftime("%Y-%m-%d %H:%M:%S.%f")
    for name in ("id", "tenant_id", "subject_id"):
        row[name] = row[name] and ids.stored(str(row[name]))
    return tuple(row[name] for name in quick_check.COLUMNS)


def is_shown(row, ids=SQLITE_IDS):
    return shown(row, "f" * 64, ids) is not None


def shown(row, prev, ids=SQLITE_IDS):
    return quick_check.changes(row, row[checks.BODY].encode(), prev, ids)


def is_right(row, ids=SQLITE_IDS):
    """What the long way says of it."""
    return notes_of(row, ids) == []


def notes_of(row, ids=SQLITE_IDS):
    told = json.loads(row[checks.BODY])
    tenant = row[quick_check.COLUMNS.index("tenant_id")]
    return checks.look(row, {row[0]: listed(told, tenant)}, ids)[1]


def listed(told, tenant):
    """The rows in audit_fields of a body, as they are read."""
    changes = told["changes"]
    return (told["seq"], ",".join(changes), len(changes), tenant)


WAYS = {
    "as usual": {},
    "without a tenant": {"tenant": None},
    "of no version": {"tenant": {"id": TENANT, "name": NASTY, "version": None}},
    "about an account": {"changes": {"user": [None, USER]}},
    "without changes": {"changes": {}},
    "with deep changes": {"changes": {"meta_data": [{"b": [1, {"a": None}]}, {"a": True}]}},
    "by nobody": {"actor": {"type": "cli", "id": None, "name": NASTY, "role": None}},
    "of few words": {"reason": None, "request": None, "address": None, "agent": None},
    "of nasty words": {"reason": NASTY, "agent": NASTY, "address": NASTY, "request": NASTY},
}


@pytest.mark.parametrize("ids", [SQLITE_IDS, POSTGRESQL_IDS])
@pytest.mark.parametrize("overrides", WAYS.values(), ids=WAYS)
def test_shows_entries_that_hold(overrides, ids):
    row = row_of(body(**overrides), ids)
    assert is_shown(row, ids)
    assert is_right(row, ids)


@pytest.mark.parametrize("overrides", WAYS.values(), ids=WAYS)
def test_gives_the_changes(overrides):
    told = body(**overrides)
    assert shown(row_of(told), "f" * 64) == told["changes"]


def test_shows_nothing_after_another_entry():
    assert shown(row_of(body()), "e" * 64) is None


@pytest.mark.parametrize("value", [None, "x", 'x","y":"z', 4, 4.0, b"x", ""])
@pytest.mark.parametrize("place", range(checks.BODY))
def test_shows_nothing_when_a_column_says_something_else(place, value):
    row = list(row_of(body(changes={"user": [None, USER]})))
    row[place] = value
    assert not is_shown(tuple(row))


def test_leaves_rare_changes_to_the_long_way():
    row = row_of(body(changes={"a": [0, "\U0001f600"]}))
    assert not is_shown(row)
    assert is_right(row)


@pytest.mark.parametrize("changes", [{"é": [1, "ü"]}, {"at": ["10:00.5", 1]}])
def test_shows_changes_as_people_have_them(changes):
    row = row_of(body(changes=changes))
    assert is_shown(row)
    assert is_right(row)


SORTED_OTHERWISE = '{"\ufb33":[0,1],"\U0001f600":[0,1]}'


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ('"v":1', '"v":2'),
        ('"v":1}', '"v":1,"w":1}'),
        ('"v":1', '"v": 1'),
        ('"seq":7', '"seq":7.0'),
        ('"version":3', '"version":3.0'),
        ('"version":3', '"version":3,"x":1'),
        ('"One"', "null,"),
        ('"One"', "1"),
        ('"One"', '"\\u004fne"'),
        ('"Mozilla/5.0"', "[]"),
        ('"Mozilla/5.0"', '"a","agent":"b"'),
        ("[10,20]", "[10,20],"),
        ("[10,20]", "[10, 20]"),
        ("[10,20]", "[10.5,20]"),
        ("[10,20]", "[10,1e3]"),
        ("[10,20]", f"[10,{2**53}]"),
        ("[10,20]", f"[10,{10**30}]"),
        ('{"max_concurrent_calls":[10,20],"name":["a","b"]}', "[]"),
        ('{"max_concurrent_calls":[10,20],"name":["a","b"]}', '{"b":[0,1],"a":[0,1]}'),
        ('{"max_concurrent_calls":[10,20],"name":["a","b"]}', '{"a":[0,1],"a":[0,1]}'),
        ('{"max_concurrent_calls":[10,20],"name":["a","b"]}', SORTED_OTHERWISE),
    ],
)
def test_shows_nothing_that_is_no_canonical_entry(written, instead):
    text = chain.canonical(body())
    assert written in text
    row = row_of(body(), text=text.replace(written, instead))
    assert not is_shown(row)
    kinds = {note.kind for note in checks.look(row, {}, SQLITE_IDS)[1]}
    assert "format" in kinds


texts = st.none() | st.text(st.sampled_from('a"\\,:{}[]é\U0001f600\n'), max_size=5)


@settings(max_examples=100)
@given(st.data())
def test_agrees_with_the_long_way_on_texts_that_were_meddled_with(data):
    told = body(**{name: data.draw(texts) for name in ("reason", "request", "address", "agent")})
    text = chain.canonical(told)
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 3))
    meddled = text[:at] + data.draw(st.text('a"\\,:{}[]01', max_size=3)) + text[at + cut :]
    row = row_of(told, text=meddled)
    if is_shown(row):
        # Listed fields are checked apart, where a name with a comma is refused.
        assert {note.detail for note in notes_of(row)} <= {"audit_fields"}
        assert is_right(row) or any("," in name for name in json.loads(meddled)["changes"])


@pytest.mark.parametrize(
    ("listed", "agrees"),
    [
        ((7, "a,b", 2, "t"), True),
        ((7, "b,a", 2, "t"), True),
        ((7, "a,b", 1, "t"), False),
        ((7, "a,b,c", 2, "t"), False),
        ((7, "b,c,a", 2, "t"), False),
        ((7, "a", 1, "t"), False),
        ((7, "a,b", 2, "u"), False),
        ((7, "a,b", 2, None), False),
        ((7, "a,b", 2, 0), False),
        ((7, None, 2, "t"), False),
        ((7, b"a,b", 2, "t"), False),
        ((0, None, 0, None), False),
    ],
)
def test_listed_fields_are_those_of_the_changes(listed, agrees):
    assert quick_check.is_listed(listed, {"a": [0, 1], "b": [0, 1]}, "t") is agrees


@pytest.mark.parametrize("names", ["a,b", "b,a"])
def test_a_name_with_a_comma_does_not_stand_for_two_rows(names):
    assert not quick_check.is_listed((7, names, 1, None), {names: [0, 1]}, None)


@pytest.mark.parametrize("text", [b"bytes", None])
def test_no_text_is_a_changed_entry(text):
    row = (*row_of(body())[: checks.BODY], text, "0" * 64)
    kinds = [note.kind for note in checks.look(row, {}, SQLITE_IDS)[1]]
    assert kinds == ["changed", "format"]


def test_the_first_entry_follows_none():
    first = body(seq=1, prev=chain.GENESIS)
    for told, kinds in ((first, set()), (first | {"prev": "f" * 64}, {"format"})):
        fields = {1: listed(told, SQLITE_IDS.stored(TENANT))}
        found = checks.check_entries([row_of(told)], fields, SQLITE_IDS)
        assert {note.kind for _, note in found} == kinds
