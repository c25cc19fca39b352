"""Erasing sealed values: gone for good, and nothing else changes."""

from uuid import uuid4

import pytest

from tests.factories import an_actor, make_tenant, revise
from tests.history import assert_audited, assert_history_holds, count_entries
from tests.raw import rows
from webui.core.extensions import db
from webui.crypto import signing
from webui.history.checkpoints import checkpoints
from webui.history.proof import erasure
from webui.history.record.actions import Action
from webui.history.verification import verifier
from webui.models import AuditEntry, Tenant

pytestmark = [pytest.mark.usefixtures("app"), pytest.mark.both_databases]


@pytest.fixture
def tenant():
    tenant = make_tenant(sip_domain="a.example", sip_username="alice")
    revise(tenant, Action.TENANT_SIP, sip_domain="b.example")
    make_tenant(sip_domain="other.example")
    return tenant


def left():
    return rows("SELECT count(*) FROM audit_sealed WHERE value IS NOT NULL")[0][0]


def bodies():
    return rows("SELECT seq, body, hash FROM audit_entries ORDER BY seq")


class TestErase:
    def test_of_a_tenant_erases_its_values_alone(self, tenant, config):
        checkpoints.make()
        before = bodies()
        assert left() == 5
        assert erasure.erase(an_actor(), "ticket 1", tenant=tenant.id) == 4
        assert left() == 1
        assert_audited(
            Action.AUDIT_ERASED,
            tenant={"id": str(tenant.id), "name": tenant.name, "version": None},
            changes={"erased": [None, 4], "erased_of": [None, str(tenant.id)]},
            reason="ticket 1",
        )
        assert bodies()[:-1] == before
        assert_history_holds()
        url = db.engine.url.render_as_string(hide_password=False)
        key = signing.public_key(config.audit_key)
        assert verifier.verify_history(url, key, config.checkpoints).holds
        db.session.rollback()
        assert db.session.get_one(Tenant, tenant.id).sip_domain == "b.example"

    def test_of_a_field_leaves_the_others(self, tenant):
        assert erasure.erase(an_actor(), "ticket 1", tenant=tenant.id, field="sip_domain") == 3
        kept = rows("SELECT field FROM audit_sealed WHERE value IS NOT NULL ORDER BY 1")
        assert kept == [("sip_domain",), ("sip_username",)]

    def test_of_an_entry_leaves_the_others(self, tenant):
        query = db.select(AuditEntry.id).where(AuditEntry.action == Action.TENANT_SIP)
        entry = db.session.scalars(query).one()
        assert erasure.erase(an_actor(), "ticket 1", entry=entry) == 2
        assert_audited(Action.AUDIT_ERASED, tenant)

    def test_of_nothing_is_no_entry(self, tenant):
        before = count_entries()
        assert erasure.erase(an_actor(), "ticket 1", tenant=uuid4()) == 0
        assert count_entries() == before

    @pytest.mark.parametrize("given", [{}, {"entry": uuid4(), "tenant": uuid4()}])
    def test_needs_one_place(self, given):
        with pytest.raises(ValueError, match="either"):
            erasure.erase(an_actor(), "ticket 1", **given)


class TestCommand:
    def test_erases_after_a_question(self, app, tenant):
        runner = app.test_cli_runner()
        command = ["audit", "erase", "--tenant", str(tenant.id), "--reason", "ticket 1"]
        assert runner.invoke(args=command, input="n\n").exit_code == 1
        assert left() == 5
        result = runner.invoke(args=[*command, "--yes"])
        assert (result.exit_code, result.output) == (0, "Erased 4 sealed value(s).\n")

    def test_needs_a_reason(self, app, tenant):
        command = ["audit", "erase", "--tenant", str(tenant.id), "--yes"]
        assert app.test_cli_runner().invoke(args=command).exit_code == 2
        result = app.test_cli_runner().invoke(args=[*command, "--reason", "x"])
        assert result.exit_code == 1
        assert left() == 5
