"""The migration that makes every key again: down to the rules of before, and up to those of now."""

import pytest
from flask import current_app

from tests.apps import a_config, an_app, inside
from tests.factories import an_actor, make_tenant, make_user
from tests.history import assert_history_holds
from tests.raw import everything, past_the_guards, rows, run
from webui.core.extensions import db, is_sqlite, write_transaction
from webui.crypto.keyring import KeyMissing
from webui.history.record.actions import Action
from webui.history.record.log import record
from webui.migrations import downgrade, is_current, upgrade
from webui.models import Tenant
from webui.models.seals.broken_seals import broken_seals

pytestmark = [
    pytest.mark.both_databases,
    pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression"),
]
BEFORE, SEARCH = "0025", "tenant_names_trigram"
# Name -> its key by the rules of before and of now.
KEYS = {
    "Pharmacie de l’Église": ("pharmacie de l’eglise", "pharmacie de l'eglise"),
    "Nimbus  Double Space": ("nimbus  double space", "nimbus double space"),
    "Łódź – Team ٣": ("lodz – team ٣", "lodz - team 3"),
    "Plain 10": ("plain 10", "plain 10"),
    "東京 AB": ("東京 ab", "東ˑ京ˑ ab"),
}
WORDS = (
    {"ʼoku", "łodz", "plain", "要求退款88"},
    {"oku", "lodz", "plain", "要求", "求退", "退款", "款", "88"},
)


@pytest.fixture
def odd(empty_database_url, tmp_path):
    """A database with names, an account and reasons whose keys the migration changes."""
    with inside(an_app(a_config(tmp_path, empty_database_url), setting_up=True)):
        upgrade()
        tenants = [make_tenant(name=name) for name in KEYS]
        make_user("owner", tenants[0], username="mara10", email="mara.o’hara@clinic.example")
        make_user("support", username="mara9")
        with write_transaction():
            record(Action.SIGNED_IN, an_actor(), reason="ʼOku Łódź")
            record(Action.SIGNED_IN, an_actor(), reason="plain")
            record(Action.SIGNED_IN, an_actor(), reason="要求退款88")
        yield stored()


def stored():
    """Every row, without how SQLite's search packs its index."""
    found = everything()
    return {table: found[table] for table in found if not table.startswith(SEARCH)}


def keys():
    """Name -> key, which is also that of SQLite's search."""
    found = set(rows("SELECT name, name_key FROM tenants"))
    if is_sqlite():
        query = "SELECT name, n.name_key FROM tenants JOIN tenant_names n ON tenant_id = id"
        assert set(rows(query)) == found
        run(f"INSERT INTO {SEARCH} ({SEARCH}, rank) VALUES ('integrity-check', 1)")
    return dict(found)


def words():
    return {word for (word,) in rows("SELECT word FROM audit_words")} & {*WORDS[0], *WORDS[1]}


def broken():
    with db.engine.connect() as connection:
        return [str(problem) for problem in broken_seals(connection)]


class TestKeys:
    def test_are_those_of_before_and_then_those_of_now(self, odd):
        downgrade(BEFORE)
        assert keys() == {name: old for name, (old, _) in KEYS.items()}
        assert words() == WORDS[0]
        assert ("mara.o’hara@clinic.example",) in rows("SELECT email_key FROM users")
        upgrade()
        assert keys() == {name: new for name, (_, new) in KEYS.items()}
        assert words() == WORDS[1]
        assert stored() == odd
        assert broken() == []
        assert_history_holds()
        in_order = db.session.query(Tenant.name).order_by(Tenant.name_sort)
        assert [name for (name,) in in_order][-2:] == ["Plain 10", "東京 AB"]
        assert rows("SELECT username FROM users ORDER BY username_sort")[:2] == [
            *(("mara9",), ("mara10",))
        ]


class TestSeals:
    def test_of_a_forged_account_stay_broken(self, odd):
        past_the_guards("UPDATE users SET role = 'admin' WHERE username = 'mara9'")
        past_the_guards("UPDATE users SET active = false WHERE username = 'mara10'")
        forged = broken()
        assert len(forged) == 2
        downgrade(BEFORE)
        upgrade()
        assert broken() == forged

    def test_need_the_keys(self, odd):
        downgrade(BEFORE)
        ring = current_app.extensions.pop("keyring")
        with pytest.raises(KeyMissing):
            upgrade()
        assert not is_current()
        current_app.extensions["keyring"] = ring
        upgrade()
        assert stored() == odd
