"""What a writer of the database can do to rows, sealed values, checkpoints and verdicts.

Each case goes around the guards, with the triggers back afterwards, and each is found and named.
"""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from tests import factories, tampering
from tests.factories import an_actor, make_tenant, make_user, revise
from tests.raw import copy_of_tenant
from tests.samples import plain_values
from tests.tampering import without_guards
from tests.unit.test_verifier import result
from webui.accounts.self_service import own_account
from webui.core.extensions import db, is_sqlite, write_transaction
from webui.core.permissions import Role
from webui.crypto import fields
from webui.crypto.keyring import KeyRing, new_keyring_json
from webui.demo import run as demo
from webui.history.checkpoints import checkpoints
from webui.history.record.actions import Action
from webui.history.verification.rows import replayed_state, row_reading
from webui.keys import canary, rotation
from webui.models import AuditSealed, Tenant, User
from webui.models.columns import Audited, now
from webui.models.user import NO_PASSWORD
from webui.users import operations, resealing
from webui.users.operations import AccountChange

TENANTS, USERS, SEALED = Tenant.__table__, User.__table__, AuditSealed.__table__
LATER = now() + timedelta(days=1)


@pytest.fixture(autouse=True)
def at_once(app, monkeypatch):
    """With ranges of two rows the attacks meet the borders between ranges as well."""
    monkeypatch.setattr(row_reading, "AT_ONCE", 2)


@pytest.fixture
def acme():
    """A tenant with everything set, each sealed column for the second time."""
    tenant = make_tenant(
        name="Acme",
        sip_domain="old.example",
        sip_username="old",
        webhook_url="https://old.example/",
    )
    revise(
        tenant,
        Action.TENANT_SIP,
        sip_domain="new.example",
        sip_username="new",
        sip_password="a password of its own",
    )
    revise(tenant, Action.TENANT_WEBHOOK, webhook_url="https://new.example/")
    return tenant


@pytest.fixture
def other():
    return make_tenant(
        name="Other",
        sip_domain="other.example",
        sip_username="other",
        sip_password="another password",
        webhook_url="https://other.example/",
    )


@pytest.fixture
def person():
    return make_user("support")


def said(app, seals=False):
    """What was found, in words; of the rows that do not match their seals, or of all else."""
    return [p.text for p in result(app).problems if (p.kind == "seal") is seals]


def set_row(table, row_id, **values):
    """Writes columns of a row around guards and history."""
    with without_guards() as connection:
        statement = update(table).where(table.c.id == row_id).values(**values)
        assert connection.execute(statement).rowcount == 1


def stored(table, row_id, column):
    db.session.rollback()
    return db.session.execute(select(table.c[column]).where(table.c.id == row_id)).scalar_one()


def assert_named(app, table, row_id, column):
    """One problem, which names the row, the column and an entry."""
    [text] = said(app)
    assert text.startswith(f"In {table}, row {row_id}: column {column} ")
    return text


def another(column):
    """A value that the column does not have, and may."""
    if column.table is TENANTS:
        return plain_values()[column.name]
    others = {"role": "admin", "theme": "dark", "time_zone": "Europe/Berlin"}
    others |= {"time_zone_chosen": True, "shortcuts": False}
    return others.get(column.name, "forged")


def plain(table, *without):
    found = [c for c in table.columns if c.info["audit"] is Audited.PLAIN]
    return [pytest.param(c, id=c.name) for c in found if c.name not in without]


def sealed_columns(*kinds):
    return [c.name for c in TENANTS.columns if c.info["audit"] in kinds]


class TestPlainColumn:
    @pytest.mark.parametrize("column", plain(TENANTS))
    def test_of_a_tenant_is_compared(self, app, acme, column):
        keys = dict.fromkeys(("name_key", "name_sort"), another(column))
        more = keys if column.name == "name" else {}
        if column.name == "blocked_services":
            revise(acme, Action.TENANT_STATUS, status="suspended", blocked_services=["sip"])
        set_row(TENANTS, acme.id, **{column.name: another(column)}, **more)
        said_in = 4 if column.name == "blocked_services" else 1
        text = assert_named(app, "tenants", acme.id, column.name)
        assert f"is not what entry {said_in} (" in text

    @pytest.mark.parametrize("column", plain(USERS, "tenant_id", "active"))
    def test_of_a_user_is_compared(self, app, person, column):
        derived = [c.name for c in USERS.columns if c.info["audit"] is Audited.DERIVED]
        more = {key: "forged" for key in derived if key.startswith(f"{column.name}_")}
        set_row(USERS, person.id, **{column.name: another(column)}, **more)
        assert_named(app, "users", person.id, column.name)

    @pytest.mark.parametrize(
        "held", [{"a": 1}, {"a": "true"}, {"a": [True]}, {}, {"a": True, "b": 1}]
    )
    def test_json_is_compared_by_value_and_kind(self, app, acme, held):
        revise(acme, Action.TENANT_ORGANISATION, meta_data={"a": True})
        assert said(app) == []
        set_row(TENANTS, acme.id, meta_data=held)
        assert_named(app, "tenants", acme.id, "meta_data")

    def test_names_the_newest_entry_about_the_column(self, app, acme):
        revise(acme, Action.TENANT_BILLING, max_concurrent_calls=20)
        revise(acme, Action.TENANT_BILLING, max_concurrent_calls=30)
        revise(acme, Action.TENANT_BILLING, monthly_call_limit=9)
        set_row(TENANTS, acme.id, max_concurrent_calls=20)
        assert "what entry 5 (" in assert_named(app, "tenants", acme.id, "max_concurrent_calls")

    def test_active_is_what_the_newest_entry_says(self, app, person):
        order = AccountChange(person.id, "left us")
        operations.set_active(order, False, an_actor(make_user("admin")))
        assert said(app) == []
        set_row(USERS, person.id, active=True)
        assert_named(app, "users", person.id, "active")

    def test_an_owner_is_moved_to_another_tenant(self, app, acme, other):
        owner = make_user("owner", acme)
        assert said(app) == []
        set_row(USERS, owner.id, tenant_id=other.id)
        assert_named(app, "users", owner.id, "tenant_id")

    @pytest.mark.parametrize("key", ["username_key", "username_sort", "email_key"])
    def test_the_key_of_a_user_follows_from_the_column(self, app, person, key):
        set_row(USERS, person.id, **{key: "somebody else"})
        assert_named(app, "users", person.id, key)

    @pytest.mark.parametrize("key", ["name_key", "name_sort"])
    def test_the_key_of_a_name_follows_from_it(self, app, acme, key):
        set_row(TENANTS, acme.id, **{key: "other"})
        assert_named(app, "tenants", acme.id, key)

    @pytest.mark.parametrize("version", [2, 4])
    def test_the_version_is_that_of_the_newest_entry(self, app, acme, version):
        set_row(TENANTS, acme.id, version=version)
        assert "entry 3 (" in assert_named(app, "tenants", acme.id, "version")

    def test_every_version_has_an_entry(self, app, acme):
        """A change between two saves of a column, of which no entry was written."""
        revise(acme, Action.TENANT_BILLING, max_concurrent_calls=20)
        with without_guards() as connection:
            tampering.rewrite(connection, 4, lambda body: body["tenant"].update(version=5))
        set_row(TENANTS, acme.id, version=5)
        words = "4 entries do not lead to version 5, one for each."
        assert f"In tenants, row {acme.id}: {words}" in said(app)

    def test_every_column_is_compared_or_named_as_not(self):
        """A new column is compared from its first day, whatever its kind."""
        open_ones = {"id", "created_at", "updated_at"}
        # These are judged by the seal itself.
        open_ones |= {"seal", "seal_entry", "factors_digest"}
        for guarded in replayed_state.GUARDED.values():
            compared = {name for name, _ in guarded.plain} | set(guarded.derived)
            compared |= set(guarded.sealed) | set(guarded.indexes.values())
            compared |= {guarded.password, "version"}
            assert set(guarded.table.columns.keys()) <= compared | open_ones


class TestSeal:
    @pytest.mark.parametrize(
        ("table", "values"),
        [(TENANTS, {"sip_domain_index": "copied"}), (USERS, {"password_hash": "copied"})],
        ids=["a tenant's", "an account's"],
    )
    def test_that_does_not_match_is_a_problem(self, app, acme, person, table, values):
        row_id = (acme if table is TENANTS else person).id
        assert said(app, seals=True) == []
        set_row(table, row_id, **values)
        [text] = said(app, seals=True)
        assert text.startswith(f"{table.name} {row_id} does not match its seal: ")


class TestSealedColumn:
    @pytest.mark.parametrize("column", sealed_columns(Audited.SEALED))
    def test_rolled_back_to_an_older_ciphertext(self, app, acme, column):
        value = {"webhook_url": "https://old.example/"}.get(column, "old.example")
        older = fields.seal(app.extensions["keyring"], value, "tenants", column, str(acme.id))
        set_row(TENANTS, acme.id, **{column: older})
        found = said(app)
        assert any(f"{acme.id}: column {column} is not what entry" in text for text in found)

    @pytest.mark.parametrize("column", ["sip_domain", "sip_password", "webhook_url"])
    def test_copied_from_another_tenant(self, app, acme, other, column):
        set_row(TENANTS, acme.id, **{column: stored(TENANTS, other.id, column)})
        assert "does not open" in assert_named(app, "tenants", acme.id, column)

    def test_copied_from_another_column(self, app, acme):
        set_row(TENANTS, acme.id, sip_password=stored(TENANTS, acme.id, "sip_username"))
        assert "does not open" in assert_named(app, "tenants", acme.id, "sip_password")

    @pytest.mark.parametrize("column", ["sip_domain", "sip_username", "webhook_url"])
    def test_removed(self, app, acme, column):
        index = {f"{column}_index": None} if column.startswith("sip") else {}
        set_row(TENANTS, acme.id, **{column: None}, **index)
        assert_named(app, "tenants", acme.id, column)

    def test_secret_removed(self, app, acme):
        set_row(TENANTS, acme.id, sip_password=None)
        assert "entry 2 (" in assert_named(app, "tenants", acme.id, "sip_password")

    @pytest.mark.parametrize("column", ["webhook_secret", "webhook_secret_previous"])
    def test_secret_added(self, app, acme, column):
        token = fields.seal(app.extensions["keyring"], "mine", "tenants", column, str(acme.id))
        set_row(TENANTS, acme.id, **{column: token})
        assert "is said by no entry" in assert_named(app, "tenants", acme.id, column)

    def test_secret_there_again_after_it_was_removed(self, app, acme):
        before = stored(TENANTS, acme.id, "sip_password")
        revise(acme, Action.TENANT_SIP, sip_password=None)
        assert said(app) == []
        set_row(TENANTS, acme.id, sip_password=before)
        assert "entry 4 (" in assert_named(app, "tenants", acme.id, "sip_password")

    @pytest.mark.parametrize("index", ["sip_domain_index", "sip_username_index"])
    def test_blind_index_copied(self, app, acme, other, index):
        set_row(TENANTS, acme.id, **{index: stored(TENANTS, other.id, index)})
        assert_named(app, "tenants", acme.id, index)

    @pytest.mark.parametrize("index", ["sip_domain_index", "sip_username_index"])
    def test_blind_index_removed_or_of_no_value(self, app, acme, index):
        bare = make_tenant(name="Bare")
        mine = stored(TENANTS, acme.id, index)
        set_row(TENANTS, bare.id, **{index: mine})
        assert_named(app, "tenants", bare.id, index)
        set_row(TENANTS, bare.id, **{index: None})
        set_row(TENANTS, acme.id, **{index: None})
        assert_named(app, "tenants", acme.id, index)

    def test_under_a_key_that_nobody_has(self, app, acme):
        ring = KeyRing.from_json(new_keyring_json("mine"))
        token = fields.seal(ring, "new.example", "tenants", "webhook_url", str(acme.id))
        set_row(TENANTS, acme.id, webhook_url=token)
        [text] = said(app)
        assert "key mine is not in the key ring" in text


class TestRow:
    def test_of_a_tenant_removed(self, app, acme, other):
        removed = acme.id
        with without_guards() as connection:
            connection.execute(delete(TENANTS).where(TENANTS.c.id == removed))
        [text] = said(app)
        assert text.startswith(f"In tenants, row {removed} is missing: entry 3 (")

    def test_of_a_user_removed(self, app, person):
        removed = person.id
        with without_guards() as connection:
            connection.execute(delete(USERS).where(USERS.c.id == removed))
        [text] = said(app)
        assert text.startswith(f"In users, row {removed} is missing: entry 1 (")

    def test_of_a_user_inserted(self, app, person):
        mine = uuid4()
        values = {
            **User(username="mallory", email="m@example.com", role="admin").__dict__,
            "id": mine,
            "password_hash": "x",
        }
        with without_guards() as connection:
            columns = {c.name for c in USERS.columns}
            row = {name: value for name, value in values.items() if name in columns}
            connection.execute(insert(USERS), row)
        assert said(app) == [f"In users, row {mine} is there, and no entry says that it was made."]

    def test_of_a_tenant_inserted(self, app, acme):
        mine = uuid4()
        with without_guards() as connection:
            connection.exec_driver_sql(copy_of_tenant(mine.hex))
        [text] = said(app)
        assert text == f"In tenants, row {mine} is there, and no entry says that it was made."

    def test_of_an_id_that_is_none(self, app, acme, other):
        forged = copy_of_tenant("\U0010ffffz")
        if not is_sqlite():
            # PostgreSQL keeps nothing else in such a column.
            with pytest.raises(DBAPIError), without_guards() as connection:
                connection.exec_driver_sql(forged)
            return
        with without_guards() as connection:
            connection.exec_driver_sql(forged)
        assert any("no entry says that it was made" in text for text in said(app))

    def test_of_a_tenant_whose_creation_is_gone(self, app, acme):
        with without_guards() as connection:
            tampering.remove(connection, 1, 1)
        assert f"In tenants, row {acme.id} is there, and no entry says that it was made." in said(
            app
        )

    def test_of_a_tenant_whose_entries_are_gone(self, app, acme):
        with without_guards() as connection:
            connection.exec_driver_sql("DELETE FROM audit_fields")
            connection.exec_driver_sql("DELETE FROM audit_words")
            connection.exec_driver_sql("DELETE FROM audit_sealed")
            connection.exec_driver_sql("DELETE FROM audit_entries")
        assert any("no entry says that it was made" in text for text in said(app))


class TestPassword:
    @pytest.fixture
    def invited(self):
        """An account whose person has not chosen a password."""
        person = make_user("support", password_hash=NO_PASSWORD)
        with without_guards() as connection:
            connection.exec_driver_sql("UPDATE audit_entries SET action = 'user.invited'")
        return person

    def test_given_to_somebody_who_was_invited(self, app, invited):
        assert not any("In users" in text for text in said(app))
        set_row(USERS, invited.id, password_hash="a hash of mine")
        assert any(f"{invited.id}: column password_hash " in text for text in said(app))

    def test_taken_from_an_account(self, app, person):
        set_row(USERS, person.id, password_hash=NO_PASSWORD)
        assert_named(app, "users", person.id, "password_hash")


class TestHealthyDatabase:
    def test_after_people_used_it(self, app, acme, other, person):
        admin = make_user("admin")
        make_user("owner", acme)
        own_account.change_preferences(
            person.id, an_actor(person), theme="dark", time_zone="Asia/Tokyo"
        )
        operations.change_role(
            AccountChange(person.id, "promoted"), Role.ADMIN, "support", an_actor(admin)
        )
        revise(acme, Action.TENANT_ONBOARDED, onboarded_at=now())
        revise(acme, Action.TENANT_STATUS, status="suspended", blocked_services=["calls"])
        revise(
            acme, Action.TENANT_ORGANISATION, name="Łódź 東京", meta_data={"b": [1, None], "a": 1}
        )
        revise(acme, Action.TENANT_SIP, sip_domain=None, sip_username=None, sip_password=None)
        revise(acme, Action.WEBHOOK_SECRET_ROTATED, webhook_secret="whsec_x")
        assert said(app) == []

    def test_with_an_account_from_before_entries_said_so_much(self, app, monkeypatch):
        """An older entry of a creation did not say whether the account is active."""
        every = factories.creation
        monkeypatch.setattr(factories, "creation", lambda user: every(user)[:3])
        make_user("support")
        assert said(app) == []

    def test_after_a_rotation_of_the_keys(self, app, acme, other):
        app.extensions["keyring"] = app.extensions["keyring"].with_key("k2").with_primary("k2")
        with write_transaction():
            canary.register_keys(app.extensions["keyring"])
        rotation.rotate_values(an_actor())
        assert said(app) == said(app, seals=True) == []

    def test_after_an_account_was_sealed_anew(self, app, person):
        order = AccountChange(person.id, "its row was changed by hand")
        resealing.reseal(order, Role.SUPPORT, None, an_actor())
        assert said(app) == said(app, seals=True) == []

    def test_with_data_of_the_demo(self, app):
        demo.load(12, 1, lambda done: None)
        checkpoints.make()
        assert said(app) == []


def test_triggers_are_back_after_each_attack(app, acme):
    set_row(TENANTS, acme.id, retention_days=7)
    with pytest.raises(Exception, match="version"), db.engine.begin() as connection:
        connection.execute(update(TENANTS).values(retention_days=8))
