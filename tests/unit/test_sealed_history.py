"""Sealed values of the history: whoever changes one is found by the entry's digest."""

import secrets

import pytest
from sqlalchemy import delete, insert, select, update

from tests import tampering
from tests.factories import an_actor, make_tenant, revise
from tests.history import of_the_history
from tests.tampering import without_guards
from tests.unit.test_verifier import assert_second_opinion, result
from webui.core.extensions import keyring
from webui.crypto import fields
from webui.crypto.keyring import KeyRing, new_keyring_json
from webui.history.proof import erasure
from webui.history.record.actions import Action
from webui.models import AuditEntry, AuditSealed

pytestmark = pytest.mark.both_databases

TABLE = AuditSealed.__table__
SET, CHANGED, PLAIN = 1, 2, 3
"""The entries that set two sealed values, change one of them, and have none."""


@pytest.fixture
def history(app):
    tenant = make_tenant(name="One", sip_domain="a.example", sip_username="user")
    revise(tenant, Action.TENANT_SIP, sip_domain="b.example")
    revise(tenant, Action.TENANT_BILLING, max_concurrent_calls=11)
    return tenant


def found(app):
    problems = of_the_history(result(app))
    assert_second_opinion(problems)
    return problems


def row(connection, seq, field="sip_domain", side="new"):
    """The condition for a value, and the entry it is of."""
    entry = connection.scalar(select(AuditEntry.id).where(AuditEntry.seq == seq))
    here = (TABLE.c.entry == entry) & (TABLE.c.field == field) & (TABLE.c.side == side)
    return entry, here


def sealed(entry, text, ring=None, field="sip_domain", side="new"):
    """A value sealed in that place, with the product's own key unless another is given."""
    place = f"{entry}/{field}/{side}"
    return fields.seal(ring or keyring(), text, "audit_sealed", "value", place)


class TestSealedValue:
    def test_untouched_holds(self, app, history):
        assert found(app) == []
        assert "could not be compared" not in " ".join(result(app).notices)

    @pytest.mark.parametrize("text", ["AAAA.forged.example", "no salt at all", "not base64 é.x"])
    def test_replaced_by_one_with_the_right_key(self, app, history, text):
        with without_guards() as connection:
            entry, here = row(connection, CHANGED)
            connection.execute(update(TABLE).where(here).values(value=sealed(entry, text)))
        assert found(app) == [("sealed", CHANGED, CHANGED)]
        assert "sip_domain" in result(app).problems[0].text

    def test_copied_from_another_place(self, app, history):
        with without_guards() as connection:
            _, here = row(connection, CHANGED)
            other = select(TABLE.c.value).where(row(connection, SET)[1])
            value = connection.scalar(other)
            connection.execute(update(TABLE).where(here).values(value=value))
        assert found(app) == [("sealed", CHANGED, CHANGED)]

    def test_taken_away(self, app, history):
        with without_guards() as connection:
            connection.execute(delete(TABLE).where(row(connection, SET)[1]))
        assert found(app) == [("sealed", SET, SET)]

    def test_added_to_an_entry_with_others(self, app, history):
        with without_guards() as connection:
            entry, _ = row(connection, SET)
            add(connection, entry, "webhook_url")
        assert found(app) == [("sealed", SET, SET)]

    def test_added_to_an_entry_without(self, app, history):
        with without_guards() as connection:
            entry, _ = row(connection, PLAIN)
            add(connection, entry, "sip_domain")
        assert found(app) == [("stray", PLAIN, PLAIN)]

    def test_left_behind_by_an_entry_that_was_removed(self, app, history):
        with without_guards() as connection:
            entry, _ = row(connection, CHANGED)
            tampering.remove(connection, CHANGED, CHANGED)
            add(connection, entry, "sip_domain")
        assert found(app) == [("gap", CHANGED, CHANGED), ("stray", None, None)]

    def test_erased_holds(self, app, history):
        assert erasure.erase(an_actor(), "asked for", tenant=history.id) == 4
        assert found(app) == []

    def test_without_its_key_does_not_hold(self, app, history):
        other = KeyRing.from_json(new_keyring_json("elsewhere"))
        with without_guards() as connection:
            entry, here = row(connection, CHANGED)
            value = sealed(entry, "AAAA.b.example", other)
            connection.execute(update(TABLE).where(here).values(value=value))
        [problem] = result(app).problems
        why = "1 sealed value(s) could not be compared: key elsewhere is not in the key ring."
        assert problem.text.startswith(why)


def add(connection, entry, field):
    """A value that the product never wrote."""
    values = {"entry": entry, "field": field, "side": "new"}
    value = sealed(entry, f"{secrets.token_urlsafe(9)}.x", field=field)
    connection.execute(insert(TABLE), {**values, "value": value})
