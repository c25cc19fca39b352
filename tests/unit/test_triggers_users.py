"""What the database itself refuses of accounts, whoever asks: plain SQL on both databases."""

from uuid import uuid4

import pytest
from sqlalchemy.exc import DBAPIError

from tests.factories import make_tenant, make_user
from tests.forging import USERS, append_entry, put, row_of
from tests.history import assert_history_holds
from tests.raw import copy_of, refused, rows, run
from webui.core.extensions import WRITING, db, is_sqlite
from webui.core.permissions import Role
from webui.history.record.actions import Action
from webui.history.record.actor import command_actor
from webui.models.seals import user_seals
from webui.users.operations import AccountChange, change_role

# Another value for each fact of an account that the seal covers.
OTHER_VALUES = {
    "role": "'admin'",
    "active": "false",
    "tenant_id": "(SELECT id FROM tenants), role = 'owner'",
    "username": "'other'",
    "username_key": "'other'",
    "email": "'other@example.com'",
    "email_key": "'other@example.com'",
    "password_hash": "'other'",
    "factors_digest": "'other'",
    "seal_entry": "(SELECT id FROM audit_entries WHERE seq = 1)",
}
NEEDS_ENTRY = "a change of an account needs a new history entry"


@pytest.fixture(autouse=True)
def user(app):
    make_tenant()
    return make_user("support")


def test_every_fact_is_attacked():
    assert set(OTHER_VALUES) == set(user_seals.FACTS)


@pytest.mark.parametrize(("column", "value"), OTHER_VALUES.items(), ids=OTHER_VALUES.keys())
def test_no_fact_changes_without_a_new_entry(column, value):
    refused(f"UPDATE users SET {column} = {value}", match=NEEDS_ENTRY)


def test_no_entry_can_be_promised_and_left_out():
    identity = f"'{uuid4().hex}'" if is_sqlite() else f"CAST('{uuid4().hex}' AS uuid)"
    refused(
        f"UPDATE users SET role = 'admin', seal_entry = {identity}",
        match="fk_users_seal_entry|FOREIGN KEY",
    )


def test_no_earlier_row_comes_back(user):
    past = row_of(USERS, user.id)
    change_role(AccountChange(user.id, "moves"), Role.AUDITOR, "support", command_actor("ops"))
    writer = db.engine.connect().execution_options(**{WRITING: True})
    with pytest.raises(DBAPIError, match=NEEDS_ENTRY), writer as connection, connection.begin():
        put(connection, USERS, user.id, **past)


def test_what_is_no_fact_can_be_changed():
    run("UPDATE users SET time_zone = 'Asia/Tokyo', updated_at = updated_at")
    assert rows("SELECT time_zone FROM users") == [("Asia/Tokyo",)]


def test_none_is_deleted_or_replaced(user):
    refused("DELETE FROM users", error=DBAPIError)
    refused("TRUNCATE users CASCADE", error=DBAPIError)
    if is_sqlite():
        refused(copy_of("users", {}, "INSERT OR REPLACE"), error=DBAPIError)
        refused(copy_of("users", {"id": f"'{uuid4().hex}'"}, "INSERT OR REPLACE"), error=DBAPIError)
        refused(copy_of("users", {"rowid": "1"}, "INSERT OR REPLACE"), error=DBAPIError)


def test_none_gets_another_id_or_time_of_creation():
    refused(f"UPDATE users SET id = '{uuid4().hex}'", error=DBAPIError)
    refused("UPDATE users SET created_at = '2020-01-01 00:00:00.000000'", match="keeps its id")


def test_none_is_made_without_an_entry_and_a_seal(user):
    identity = uuid4().hex
    values = {
        "id": f"'{identity}'" if is_sqlite() else f"CAST('{identity}' AS uuid)",
        "username_key": "'mallory'",
    }
    refused(copy_of("users", values), match=NEEDS_ENTRY)
    for missing in ("seal", "seal_entry"):
        refused(copy_of("users", {**values, missing: "NULL"}), match=NEEDS_ENTRY)


def test_a_self_made_entry_satisfies_the_triggers_but_not_the_seal(user):
    """Why there is a seal: entries need no key."""
    entry = uuid4()
    writer = db.engine.connect().execution_options(**{WRITING: True})
    with writer as connection, connection.begin():
        put(connection, USERS, user.id, role="admin", seal_entry=entry)
        append_entry(connection, entry, action=Action.USER_ROLE.value)
    assert rows("SELECT role FROM users") == [("admin",)]
    with db.engine.connect() as connection:
        row = connection.execute(USERS.select()).one()
        assert user_seals.find_mismatch(connection, row.id, row) == user_seals.CHANGED
    assert_history_holds()
