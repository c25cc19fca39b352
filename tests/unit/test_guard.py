"""The session guard: no account changes without its entry, and nothing changes in bulk."""

from contextlib import contextmanager

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import DBAPIError

from tests.factories import an_actor, make_tenant, make_user
from tests.history import count_entries
from tests.raw import unchanged
from webui.core.extensions import db, write_transaction
from webui.history.record import guard
from webui.history.record.actions import Action
from webui.history.record.guard import Unaudited
from webui.history.record.log import record
from webui.models import AuditEntry, AuditField, AuditSealed, AuditWord, Tenant, User

pytestmark = pytest.mark.usefixtures("app")
AUDITED = [Tenant, User, AuditEntry, AuditField, AuditSealed, AuditWord]


@contextmanager
def refused():
    """What happens inside is refused by the guard, and nothing is written."""
    with unchanged(), pytest.raises(Unaudited), write_transaction():
        yield


@pytest.fixture
def user():
    return make_user("owner", tenant=make_tenant(sip_domain="a.example"))


class TestAccounts:
    def test_cannot_be_made_without_an_entry(self):
        with refused():
            db.session.add(
                User(username="eve", email="e@x.example", password_hash="!", role="admin")
            )

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("username", "mallory"),
            ("email", "m@x.example"),
            ("password_hash", "other"),
            ("active", False),
        ],
    )
    def test_cannot_be_changed_without_an_entry(self, user, name, value):
        with refused():
            setattr(db.session.get_one(User, user.id), name, value)

    def test_cannot_change_role_without_an_entry(self, user):
        with refused():
            row = db.session.get_one(User, user.id)
            row.role, row.tenant_id = "admin", None

    def test_cannot_move_to_another_tenant_through_the_relationship(self, user):
        other = make_tenant().id
        # The database's own refusal comes first.
        with unchanged(), pytest.raises(DBAPIError), write_transaction():
            db.session.get_one(User, user.id).tenant = db.session.get_one(Tenant, other)

    def test_cannot_be_changed_under_another_account_s_entry(self, user):
        other = make_user().id
        with refused():
            db.session.get_one(User, user.id).active = False
            record(Action.USER_DISABLED, an_actor(), subject=db.session.get_one(User, other))

    def test_cannot_be_changed_in_a_flush_before_the_commit(self, user):
        with refused():
            db.session.get_one(User, user.id).active = False
            db.session.flush()
            db.session.expire_all()

    def test_cannot_be_deleted(self, user):
        with unchanged(), pytest.raises((Unaudited, DBAPIError)), write_transaction():
            db.session.delete(db.session.get_one(User, user.id))

    def test_cannot_be_changed_after_a_recorded_transaction_ended(self, user):
        with write_transaction():
            row = db.session.get_one(User, user.id)
            row.active = False
            record(Action.USER_DISABLED, an_actor(), subject=row)
        with refused():
            db.session.get_one(User, user.id).active = True

    def test_can_be_changed_with_an_entry(self, user):
        with write_transaction():
            row = db.session.get_one(User, user.id)
            row.active = False
            record(Action.USER_DISABLED, an_actor(), subject=row)
        assert not db.session.get_one(User, user.id).active

    def test_can_be_saved_as_they_are(self, user):
        before = count_entries()
        with write_transaction():
            row = db.session.get_one(User, user.id)
            row.email = row.email
        assert count_entries() == before

    def test_a_refused_change_does_not_haunt_the_next_transaction(self, user):
        with refused():
            db.session.get_one(User, user.id).active = False
        with write_transaction():
            record(Action.SIGNED_IN, an_actor())
        assert db.session.get_one(User, user.id).active


class TestTenants:
    def test_cannot_be_deleted(self, user):
        # The database's own refusal comes first.
        with unchanged(), pytest.raises((Unaudited, DBAPIError)), write_transaction():
            db.session.delete(db.session.get_one(Tenant, user.tenant_id))


class TestBulk:
    @pytest.mark.parametrize("model", AUDITED)
    def test_update_is_refused(self, user, model):
        column = next(iter(model.__table__.primary_key)).key
        with refused():
            db.session.execute(update(model).values({column: getattr(model, column)}))

    @pytest.mark.parametrize("model", AUDITED)
    def test_delete_is_refused(self, user, model):
        with refused():
            db.session.execute(delete(model))

    @pytest.mark.parametrize("change", [update, delete])
    def test_query_is_refused(self, user, change):
        with refused():
            query = db.session.query(User)
            query.update({"active": False}) if change is update else query.delete()

    def test_update_by_primary_key_is_refused(self, user):
        with refused():
            db.session.execute(update(User), [{"id": user.id, "active": False}])

    @pytest.mark.parametrize("change", [update, delete])
    def test_the_table_is_refused_like_its_model(self, user, change):
        statement = change(User.__table__)
        if change is update:
            statement = statement.values(active=False)
        with refused():
            db.session.execute(statement)

    def test_making_accounts_is_refused(self):
        source = User(username="eve", email="e@x.example", password_hash="!", role="admin")
        values = {column.key: getattr(source, column.key) for column in User.__table__.columns}
        with refused():
            db.session.execute(insert(User), [values])

    def test_another_table_may(self):
        with write_transaction():
            result = db.session.execute(delete(db.metadata.tables["tenant_usage"]))
        assert result.rowcount == 0


class TestInstall:
    def test_one_more_application_does_not_install_it_again(self, make_app):
        make_app()
        assert list(db.session().dispatch.before_commit).count(guard._refuse_unrecorded) == 1
