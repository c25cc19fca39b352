"""What only SQLite keeps in a column of text: bytes that are no UTF-8, and no text at all."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from tests import tampering
from tests.apps import inside
from tests.factories import make_tenant, revise
from webui.core.extensions import db, is_no_text
from webui.crypto import signing
from webui.history.record.actions import Action
from webui.history.verification import raw_rows, verifier

NO_TEXT = {"no UTF-8": "CAST(X'41FF42' AS TEXT)", "a blob": "X'41FF42'"}


@pytest.fixture(autouse=True)
def app(sqlite, worker_apps):
    """A history of four entries, with reasons."""
    sqlite.reset()
    app = worker_apps(sqlite.url)
    with inside(app):
        tenant = make_tenant(name="One")
        for number in (11, 12, 13):
            revise(tenant, Action.TENANT_BILLING, max_concurrent_calls=number)
        yield app


def problems(app, table, column, here, value):
    """Writes the value around the guards; what a verification says of it."""
    with tampering.without_guards() as connection:
        written = f"UPDATE {table} SET {column} = {NO_TEXT[value]} WHERE {here}"
        assert connection.execute(text(written)).rowcount
    config = app.extensions["webui_config"]
    url = db.engine.url.render_as_string(hide_password=False)
    found = verifier.verify_history(url, signing.public_key(config.audit_key), config.checkpoints)
    return [(p.kind, p.first, p.last) for p in found.problems]


@pytest.mark.parametrize("value", NO_TEXT)
@pytest.mark.parametrize("column", ["action", "request", "actor_name", "at", "tenant_id"])
def test_an_extract_is_named(app, column, value):
    kinds = {kind for kind, *place in problems(app, "audit_entries", column, "seq = 3", value)}
    # Without its tenant, the row of that has one entry less.
    assert kinds == ({"column", "row"} if column == "tenant_id" else {"column"})


@pytest.mark.parametrize("value", NO_TEXT)
def test_a_reason_is_named_with_its_words(app, value):
    found = problems(app, "audit_entries", "reason", "seq = 3", value)
    assert sorted(found) == [("column", 3, 3), ("words", 3, 3)]


@pytest.mark.parametrize("value", NO_TEXT)
def test_the_text_of_an_entry_is_named(app, value):
    found = problems(app, "audit_entries", "body", "seq = 3", value)
    assert ("format", 3, 3) in found
    assert {tuple(place) for _, *place in found} == {(3, 3)}


@pytest.mark.parametrize("value", NO_TEXT)
def test_a_listed_field_is_named(app, value):
    assert problems(app, "audit_fields", "field", "seq = 3", value) == [("column", 3, 3)]


@pytest.mark.parametrize("value", NO_TEXT)
def test_a_word_is_named(app, value):
    here = "seq = 3 AND word = 'test'"
    assert problems(app, "audit_words", "word", here, value) == [("words", 3, 3)]


def test_bytes_are_given_only_where_it_is_asked_for(app):
    with db.engine.connect() as connection:
        query = "SELECT CAST(X'41FF' AS TEXT), 'text'"
        with raw_rows.with_bytes(connection):
            assert connection.exec_driver_sql(query).one() == (b"A\xff", "text")
        with pytest.raises(OperationalError) as refused:
            connection.exec_driver_sql(query).one()
    assert is_no_text(refused.value)
    assert not is_no_text(ValueError("Could not decode to UTF-8"))
