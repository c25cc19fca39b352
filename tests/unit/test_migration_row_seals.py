"""The migration that seals what is there: with the right keys, or not at all."""

import pytest
from flask import current_app

from tests.apps import a_config, an_app, inside
from tests.factories import an_actor, make_tenant, make_user
from tests.raw import everything, run
from webui.core.extensions import db, keyring, write_transaction
from webui.crypto import totp
from webui.crypto.keyring import KeyMissing, KeyRing, Tampered
from webui.history.record.actions import Action
from webui.history.record.log import record
from webui.keys.canary import register_keys
from webui.migrations import downgrade, is_current, upgrade
from webui.models import Authenticator, User
from webui.models.seals import user_seals
from webui.models.seals.broken_seals import broken_seals

pytestmark = pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression")


@pytest.fixture
def before(empty_database_url, tmp_path):
    """A database of the revision before, with a tenant, an owner and what belongs to them."""
    with inside(an_app(a_config(tmp_path, empty_database_url), setting_up=True)):
        upgrade()
        user = make_user("owner", make_tenant(sip_domain="a.example"), "a good password")
        with write_transaction():
            register_keys(keyring())
            row = db.session.get_one(User, user.id)
            db.session.add(Authenticator(user.id, totp.new_secret(), 0))
            record(Action.USER_AUTHENTICATOR, an_actor(), subject=row)
        kept = everything()
        downgrade("0019")
        yield kept


def broken():
    with db.engine.connect() as connection:
        return [str(problem) for problem in broken_seals(connection)]


def test_seals_every_row_as_the_product_does(before):
    upgrade()
    assert everything() == before
    assert broken() == []


def test_an_account_that_the_history_does_not_know_gets_no_seal(before):
    run("UPDATE audit_entries SET subject_id = NULL")
    upgrade()
    assert [user_seals.NO_SEAL in words for words in broken()] == [True]


@pytest.mark.parametrize("wrong", ["another key", "no ring"])
def test_needs_the_keys_of_the_database(before, wrong):
    extensions = current_app.extensions
    ring = extensions.pop("keyring")
    if wrong == "another key":
        extensions["keyring"] = KeyRing("k1", {"k1": bytes(32)})
    with pytest.raises((Tampered, KeyMissing)):
        upgrade()
    extensions["keyring"] = ring
    assert not is_current()
    upgrade()
    assert broken() == []
