"""Rotation: online, resumable, and nothing is lost."""

import pytest
from sqlalchemy import select

from tests import raw
from tests.factories import an_actor, make_tenant, make_user, revise
from tests.history import assert_audited, assert_history_holds, count_entries
from tests.rotating import plaintexts
from webui.core.extensions import db, keyring, write_transaction
from webui.crypto import blind_index
from webui.history.record.actions import Action
from webui.history.record.actor import command_actor
from webui.history.record.log import record
from webui.keys import rotation, uses
from webui.models import AuditEntry, Authenticator, Draft, Tenant
from webui.models.seals.sealed_columns import sealed_columns

pytestmark = pytest.mark.both_databases

VALUES = {
    "sip_domain": "a.example:5070",
    "sip_username": "user",
    "sip_password": "hunter2 hunter2",
    "webhook_url": "https://a.example.com/",
    "webhook_secret": "whsec_test",
    "webhook_secret_previous": "whsec_before",
}
OPERATOR = command_actor("operator")


@pytest.fixture
def fresh(make_console):
    """An installation with one key and no values."""
    return make_console()


@pytest.fixture
def console(fresh):
    """Values of every kind under k1, and k2 promoted."""
    tenant = make_tenant(name="Acme", **VALUES)
    revise(tenant, Action.TENANT_SIP, sip_domain="b.example")
    user = make_user()
    with write_transaction():
        draft = Draft(user.id, "/tenants/new")
        draft.content = "name=Acme"
        db.session.add_all([draft, Authenticator(user.id, "GEZDGNBVGY3TQOJQ", 0)])
        record(Action.USER_AUTHENTICATOR, an_actor(), subject=user)
    fresh.run("add")
    fresh.run("promote", "k2")
    fresh.restart()
    return fresh


def tenant() -> Tenant:
    db.session.expire_all()
    return db.session.scalars(select(Tenant).where(Tenant.name == "Acme")).one()


class TestRotate:
    def test_covers_every_column_that_holds_a_value(self, console):
        before = plaintexts()
        result = rotation.rotate_values(OPERATOR)
        assert plaintexts() == before
        filled = {place for place, _, _ in before}
        assert filled == {place.table.name for place in sealed_columns()}
        assert uses.count_uses(["k1"]) == result.left == 0
        # A tenant and an account have a row seal besides.
        assert result.moved == result.due == len(before) + 2

    def test_leaves_no_column_out(self, console):
        """Every mapped column is written to here: a new one must be added to the values."""
        filled = {f"{table}.{column}" for table, column, _ in plaintexts()}
        assert filled == {f"{p.table.name}.{p.attribute.name}" for p in sealed_columns()}

    def test_rekeys_the_blind_indexes(self, console):
        rotation.rotate_values(OPERATOR)
        row = tenant()
        assert row.sip_domain_index == blind_index.index(
            keyring(), "b.example", "tenants", "sip_domain"
        )
        assert row.sip_username_index == blind_index.index(
            keyring(), "user", "tenants", "sip_username"
        )
        assert row.sip_username_index.startswith("b1.k2.")

    def test_changes_nothing_else(self, console):
        columns = "id, version, name, status, updated_at, meta_data"
        before = raw.rows(f"SELECT {columns} FROM tenants")
        entries = raw.rows("SELECT body, hash FROM audit_entries ORDER BY seq")
        rotation.rotate_values(OPERATOR)
        assert raw.rows(f"SELECT {columns} FROM tenants") == before
        after = raw.rows("SELECT body, hash FROM audit_entries ORDER BY seq")
        assert after[: len(entries)] == entries

    def test_writes_one_entry_however_many_batches(self, console, monkeypatch):
        monkeypatch.setattr(rotation, "BATCH", 1)
        before = count_entries()
        result = rotation.rotate_values(OPERATOR, "yearly, OPS-1")
        assert result.moved > 3
        assert count_entries() == before + 1
        assert_audited(
            Action.KEYS_ROTATED,
            actor={"type": "cli"},
            tenant=None,
            reason="yearly, OPS-1",
            changes={"key": [None, "k2"], "values": [None, result.due]},
        )
        assert_history_holds()

    def test_done_again_does_and_records_nothing(self, console):
        rotation.rotate_values(OPERATOR)
        with raw.unchanged():
            assert rotation.rotate_values(OPERATOR).moved == 0

    def test_says_how_far_it_is(self, console, monkeypatch):
        monkeypatch.setattr(rotation, "BATCH", 2)
        steps = []
        result = rotation.rotate_values(OPERATOR, progress=steps.append)
        assert sum(steps) == result.due
        assert max(steps) == 2

    def test_never_overwrites_what_was_saved_meanwhile(self, console, monkeypatch):
        write = rotation._write

        def after_a_save(place, rows, *more):
            if str(place) == "tenants.sip_password":
                revise(tenant(), Action.TENANT_SIP, sip_password="saved meanwhile")
            return write(place, rows, *more)

        monkeypatch.setattr(rotation, "_write", after_a_save)
        result = rotation.rotate_values(OPERATOR)
        assert tenant().sip_password == "saved meanwhile"
        # The value and the row seal.
        assert result.moved == result.due - 2
        assert result.left == 0

    @pytest.mark.parametrize("token", ["e1.k1.AAAA", "e1.k1." + "A" * 80])
    def test_leaves_what_cannot_be_read_and_says_where(self, console, token):
        raw.past_the_guards(f"UPDATE tenants SET webhook_url = '{token}'")
        result = console.run("rotate", code=1)
        assert raw.rows("SELECT webhook_url FROM tenants") == [(token,)]
        assert f"Cannot be read: tenants.webhook_url of {tenant().id}" in result.output
        assert "1 value(s) cannot be read" in result.output
        assert "used by 1 value(s)" in console.run("retire", "k1", code=1).output


def test_the_command_says_what_it_did(console):
    number = rotation.due_values()
    assert f"Re-encrypted {number:,} value(s) with key k2." in console.run("rotate").output
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "keys.rotated"))
    assert len(entries.all()) == 1
