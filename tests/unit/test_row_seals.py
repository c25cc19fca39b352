"""Row seals: what writes them, what finds them broken, and the way back for an account."""

import pytest
from sqlalchemy import event, select

from tests import raw
from tests.factories import an_actor, make_tenant, make_user
from tests.forging import USERS, put, row_of
from tests.history import assert_audited, assert_history_holds
from tests.tampering import without_guards
from webui.accounts.sessions import sessions, trust
from webui.core.extensions import db, write_transaction
from webui.crypto.keyring import KeyRing
from webui.history.record import sealing
from webui.history.record.actions import Action
from webui.history.record.log import record
from webui.models import User
from webui.models.audit import SEALING_ACTIONS
from webui.models.columns import CannotSeal
from webui.models.seals import broken_seals as row_seals
from webui.models.seals import user_seals
from webui.models.seals.broken_seals import broken_seals
from webui.models.user import Proof


def broken():
    db.session.rollback()
    with db.engine.connect() as connection:
        return [(problem.table, problem.row_id) for problem in broken_seals(connection)]


class TestSealing:
    def test_actions_are_actions(self):
        assert set(SEALING_ACTIONS) <= {action.value for action in Action}

    def test_needs_an_action_that_seals(self, app):
        user = make_user()
        with raw.unchanged(), pytest.raises(sealing.NotSealing), write_transaction():
            row = db.session.get_one(User, user.id)
            row.email = "other@example.com"
            record(Action.USER_PREFERENCES, an_actor(), subject=row)

    def test_goes_on_when_two_entries_follow_in_one_transaction(self, app):
        user = make_user()
        with write_transaction():
            row = db.session.get_one(User, user.id)
            row.email = "other@example.com"
            record(Action.USER_PASSWORD, an_actor(), subject=row)
            row.active = False
            record(Action.USER_DISABLED, an_actor(), subject=row)
        assert broken() == []

    def test_is_refused_without_the_key_of_the_seal(self, app):
        user = make_user()
        app.extensions["keyring"] = KeyRing("k2", {"k2": bytes(range(32))})
        with raw.unchanged(), pytest.raises(CannotSeal), write_transaction():
            row = db.session.get_one(User, user.id)
            row.active = False
            record(Action.USER_DISABLED, an_actor(), subject=row)

    def test_never_vouches_for_a_forged_row(self, app):
        user = make_user("support")
        with without_guards() as connection:
            put(connection, USERS, user.id, role="admin")
        with write_transaction():
            row = db.session.get_one(User, user.id)
            row.active = False
            record(Action.USER_DISABLED, an_actor(), subject=row)
        assert broken() == [("users", user.id)]


class TestBroken:
    def test_finds_every_row_in_bounded_batches(self, app, monkeypatch):
        monkeypatch.setattr(row_seals, "BATCH", 2)
        users = [make_user("support") for _ in range(5)]
        tenants = [make_tenant(sip_domain="a.example") for _ in range(5)]
        assert broken() == []
        forged = {("users", users[i].id) for i in (0, 2, 4)}
        forged |= {("tenants", tenants[i].id) for i in (1, 3)}
        with without_guards() as connection:
            for table, row_id in forged:
                put(connection, db.metadata.tables[table], row_id, seal=None)
        assert set(broken()) == forged

    def test_says_what_does_not_fit(self, app):
        tenant = make_tenant(sip_domain="a.example")
        with without_guards() as connection:
            table = db.metadata.tables["tenants"]
            put(connection, table, tenant.id, sip_domain_index=None)
        with db.engine.connect() as connection:
            [problem] = broken_seals(connection)
        assert str(problem) == (
            f"tenants {tenant.id} does not match its seal: changed outside the console: sip_domain"
        )

    def test_says_when_the_key_is_lost(self, app):
        make_user()
        make_tenant()
        app.extensions["keyring"] = KeyRing("k2", {"k2": bytes(range(32))})
        with db.engine.connect() as connection:
            assert {p.words for p in broken_seals(connection)} == {user_seals.KEY_LOST}

    def test_finds_a_tenant_that_was_rolled_back(self, app):
        tenant = make_tenant()
        table = db.metadata.tables["tenants"]
        past = row_of(table, tenant.id)
        with write_transaction():
            row = db.session.get_one(type(tenant), tenant.id)
            changes = row.revise({"retention_days": 5})
            record(Action.TENANT_FEATURES, an_actor(), tenant=row, changes=changes)
        with without_guards() as connection:
            put(connection, table, tenant.id, **past)
        with db.engine.connect() as connection:
            [problem] = broken_seals(connection)
        assert problem.words == user_seals.ROLLED_BACK


class TestReseal:
    def run(self, app, *arguments):
        return app.test_cli_runner().invoke(args=["users", "reseal", *arguments])

    def forge(self, user):
        with without_guards() as connection:
            put(connection, USERS, user.id, role="admin")

    def test_takes_everything_away_that_gives_access(self, app):
        user = make_user("support", password="a password that was copied")
        with write_transaction():
            sessions.start_session(user, "127.0.0.1", "pytest", frozenset({Proof.PASSWORD}))
        self.forge(user)
        result = self.run(app, user.username, "--role", "support", "--reason", "OPS-7")
        assert result.exit_code == 0, result.output
        db.session.expire_all()
        row = db.session.get_one(User, user.id)
        assert (row.role, row.state) == ("support", "invited")
        assert trust.is_trusted(row)
        assert broken() == []
        ended = select(sessions.UserSession.ended_at)
        assert all(db.session.scalars(ended))
        body = assert_audited(Action.USER_RESEALED, reason="OPS-7", tenant=None)
        assert body["changes"]["role"] == [None, "support"]
        assert body["changes"]["password"] == ["set", "removed"]
        assert_history_holds()

    @pytest.mark.parametrize(
        "arguments",
        [
            ["nobody", "--role", "support", "--reason", "OPS-7"],
            ["forged", "--role", "owner", "--reason", "OPS-7"],
            ["forged", "--role", "support", "--reason", "x"],
            ["forged", "--role", "owner", "--tenant", "0" * 32, "--reason", "abc"],
        ],
    )
    def test_refuses_what_makes_no_sense(self, app, arguments):
        user = make_user("support", username="forged")
        self.forge(user)
        with raw.unchanged():
            assert self.run(app, *arguments).exit_code == 1

    def test_is_of_no_other_entry(self, app):
        user = make_user("support")
        with raw.unchanged(), pytest.raises(sealing.NotSealing), write_transaction():
            row = db.session.get_one(User, user.id)
            sealing.vouch(db.session(), row)
            row.role = "admin"
            record(Action.USER_ROLE, an_actor(), subject=row)


@pytest.fixture
def statements(app):
    """What is asked of the database."""
    seen = []

    def note(_connection, _cursor, statement, *_more):
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


def test_every_request_is_judged_by_one_statement(statements):
    user = make_user()
    with write_transaction():
        token = sessions.start_session(user, "127.0.0.1", "pytest", frozenset({Proof.PASSWORD}))
    statements.clear()
    assert sessions.is_valid_but_for_age(sessions.find_session(sessions.session_token_hash(token)))
    assert len([text for text in statements if "SELECT" in text]) == 1
