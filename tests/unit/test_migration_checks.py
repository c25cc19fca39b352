"""A closed vocabulary gains a word in a migration, on both databases."""

from contextlib import contextmanager

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from webui.core.extensions import WRITING, db, is_sqlite
from webui.migrations.checks import NoSuchCheck, replace_check, words_check

TABLE = (
    "CREATE TABLE probes (word TEXT NOT NULL, note TEXT DEFAULT '(a',"
    " CONSTRAINT ck_probes_word_limits CHECK (word IN ('support', 'admin') OR (word = ')')),"
    " CONSTRAINT ck_probes_note_limits CHECK (length(note) < 5))"
)
WORDS = words_check("word", ["support", "admin", "billing"])


@contextmanager
def writing():
    db.session.rollback()
    writer = db.engine.connect().execution_options(**{WRITING: True})
    with writer as connection, connection.begin():
        yield connection


@contextmanager
def migrating():
    """As a migration runs: in one transaction, with the models' convention for names."""
    with writing() as connection:
        context = MigrationContext.configure(connection, opts={"target_metadata": db.metadata})
        with Operations.context(context):
            yield


@pytest.fixture
def probes(app):
    """A table with two constraints, an index, a row and, on SQLite, a trigger."""
    with writing() as connection:
        connection.execute(text(TABLE))
        connection.execute(text("CREATE INDEX ix_probes_word ON probes (word)"))
        connection.execute(text("INSERT INTO probes (word) VALUES ('support')"))
        if is_sqlite():
            connection.execute(
                text(
                    "CREATE TRIGGER probes_stay BEFORE DELETE ON probes"
                    " BEGIN SELECT RAISE(ABORT, 'probes stay'); END"
                )
            )
    yield
    with writing() as connection:
        connection.execute(text("DROP TABLE probes"))


def change_to(word):
    with writing() as connection:
        connection.execute(text("UPDATE probes SET word = :word"), {"word": word})


def words():
    with db.engine.connect() as connection:
        return list(connection.scalars(text("SELECT word FROM probes")))


class TestReplaceCheck:
    def test_lets_the_new_word_in_and_no_other(self, probes):
        with pytest.raises(IntegrityError):
            change_to("billing")
        with migrating():
            replace_check("probes", "word_limits", WORDS)
        change_to("billing")
        with pytest.raises(IntegrityError):
            change_to("nonsense")
        assert words() == ["billing"]

    def test_leaves_rows_other_checks_indexes_and_triggers(self, probes):
        with migrating():
            replace_check("probes", "word_limits", WORDS)
        found = inspect(db.engine)
        assert {check["name"] for check in found.get_check_constraints("probes")} == {
            "ck_probes_word_limits",
            "ck_probes_note_limits",
        }
        assert [index["name"] for index in found.get_indexes("probes")] == ["ix_probes_word"]
        assert words() == ["support"]
        with pytest.raises(IntegrityError), writing() as connection:
            connection.execute(text("UPDATE probes SET note = 'too long'"))

    def test_keeps_the_trigger_that_a_rebuilt_table_would_lose(self, probes):
        with migrating():
            replace_check("probes", "word_limits", WORDS)
        triggers = text("SELECT count(*) FROM sqlite_master WHERE name = 'probes_stay'")
        with db.engine.connect() as connection:
            kept = connection.scalar(triggers) if is_sqlite() else 1
        assert kept == 1

    def test_refuses_a_name_that_is_not_there(self, probes):
        with pytest.raises(Exception, match="ck_probes_colour") as raised, migrating():
            replace_check("probes", "colour", WORDS)
        assert isinstance(raised.value, NoSuchCheck) == is_sqlite()


class TestWordsCheck:
    def test_quotes_words(self):
        assert words_check("role", ["a_b", "c"]) == "role IN ('a_b', 'c')"

    @pytest.mark.parametrize("word", ["it's", "", "A", "a b"])
    def test_refuses_what_is_no_word(self, word):
        with pytest.raises(ValueError, match="small letters"):
            words_check("role", [word])
