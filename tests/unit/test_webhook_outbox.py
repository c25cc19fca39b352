"""Which changes become events, and what these say."""

import json

import pytest

from tests.factories import an_actor, make_tenant, revise
from tests.outbox import deliveries, make_hooked
from webui import outbox
from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action
from webui.models import Tenant, WebhookStop
from webui.models.columns import now
from webui.webhooks.signing_secret import new_signing_secret

pytestmark = [pytest.mark.usefixtures("app"), pytest.mark.both_databases]


def events(tenant):
    return [(row.event, json.loads(row.body)["data"]) for row in deliveries(tenant)]


def stop(tenant):
    with write_transaction():
        db.session.add(WebhookStop(tenant_id=tenant.id, stopped_at=now()))


class TestEvents:
    def test_a_change_names_the_fields(self):
        tenant = make_hooked()
        revise(tenant, Action.TENANT_BILLING, monthly_call_limit=5, max_concurrent_calls=3)
        [row] = deliveries(tenant)
        body = json.loads(row.body)
        assert row.event == body["type"] == "tenant.updated"
        assert body["data"] == {
            "tenant_id": str(tenant.id),
            "version": 2,
            "changed": ["max_concurrent_calls", "monthly_call_limit"],
        }
        assert body["timestamp"].endswith("Z")
        assert (row.state, row.attempts, row.manual) == ("queued", 0, False)

    def test_sealed_values_and_people_stay_at_home(self):
        tenant = make_hooked()
        sealed = {"sip_domain": "zanzibar.example", "sip_username": "zanzibar"}
        actor = an_actor(name="zanzibar")
        secret = {"sip_password": "zanzibar zanzibar", "webhook_url": "https://zanzibar.example/"}
        revise(tenant, Action.TENANT_SIP, actor=actor, **sealed, **secret)
        [row] = deliveries(tenant)
        assert json.loads(row.body)["data"]["changed"] == sorted([*sealed, *secret])
        assert "zanzibar" not in row.body
        assert "for a test" not in row.body

    def test_a_status_has_its_own(self):
        tenant = make_hooked()
        revise(tenant, Action.TENANT_STATUS, status="suspended", blocked_services=["calls"])
        [(event, data)] = events(tenant)
        assert event == "tenant.status_changed"
        assert (data["status"], data["blocked_services"]) == ("suspended", ["calls"])

    def test_both_at_once_are_two(self):
        tenant = make_hooked()
        revise(tenant, Action.TENANT_STATUS, status="inactive", name="Other")
        assert {event for event, _ in events(tenant)} == {"tenant.status_changed"}
        tenant = make_hooked()
        services = ["calls"]
        revise(
            tenant, Action.TENANT_STATUS, status="suspended", blocked_services=services, name="X"
        )
        assert {e for e, _ in events(tenant)} == {"tenant.status_changed", "tenant.updated"}

    @pytest.mark.parametrize(
        "values",
        [{"meta_data": {"crm": 1}}, {"webhook_secret": new_signing_secret()}],
        ids=["meta", "key"],
    )
    def test_what_is_not_for_receivers_is_none(self, values):
        tenant = make_hooked()
        revise(tenant, Action.TENANT_ORGANISATION, **values)
        assert events(tenant) == []
        revise(tenant, Action.TENANT_ORGANISATION, **{**values, "meta_data": {}}, name="Other")
        assert events(tenant)[0][1]["changed"] == ["name"]

    def test_a_creation_is_none(self):
        assert events(make_hooked()) == []

    def test_a_change_that_is_undone_leaves_none(self):
        tenant = make_hooked()
        with pytest.raises(ZeroDivisionError), write_transaction():
            row = db.session.get_one(Tenant, tenant.id)
            outbox.queue_changes(row, ["name"], an_actor())
            raise ZeroDivisionError
        assert deliveries(tenant) == []

    def test_who_did_it_is_kept_for_the_log(self):
        tenant = make_hooked()
        revise(tenant, Action.TENANT_BILLING, actor=an_actor(name="ines"), retention_days=3)
        [row] = deliveries(tenant)
        assert (row.actor_type, row.actor_name, row.actor_role) == ("user", "ines", "admin")


class TestObstacles:
    @pytest.mark.parametrize("missing", ["webhook_url", "webhook_secret"])
    def test_nothing_without_url_or_secret(self, missing):
        tenant = make_hooked(**{missing: None})
        revise(tenant, Action.TENANT_BILLING, retention_days=3)
        revise(tenant, Action.TENANT_STATUS, status="inactive")
        assert events(tenant) == []

    def test_taking_the_url_away_is_not_told(self):
        tenant = make_hooked()
        revise(tenant, Action.TENANT_WEBHOOK, webhook_url=None)
        assert events(tenant) == []

    @pytest.mark.parametrize("status", ["inactive", "blocked"])
    def test_a_closed_tenant_s_receiver_hears_of_the_status_alone(self, status):
        tenant = make_hooked()
        revise(tenant, Action.TENANT_STATUS, status=status)
        revise(tenant, Action.TENANT_BILLING, retention_days=3)
        revise(tenant, Action.TENANT_STATUS, status="active")
        revise(tenant, Action.TENANT_BILLING, retention_days=4)
        told = [(event, data.get("status")) for event, data in events(tenant)]
        assert told == [
            ("tenant.status_changed", status),
            ("tenant.status_changed", "active"),
            ("tenant.updated", None),
        ]

    def test_nothing_after_gone_until_the_url_changes(self):
        tenant = make_hooked()
        stop(tenant)
        revise(tenant, Action.TENANT_BILLING, retention_days=3)
        assert events(tenant) == []
        revise(tenant, Action.TENANT_WEBHOOK, webhook_url="https://other.example.com/")
        revise(tenant, Action.TENANT_BILLING, retention_days=4)
        assert [data["changed"] for _, data in events(tenant)] == [
            ["webhook_url"],
            ["retention_days"],
        ]

    def test_are_named_in_the_order_to_mend_them(self):
        assert outbox.obstacles(make_tenant(), outbox.Event.TEST) == ["no_url", "no_secret"]
        closed = make_tenant(status="blocked")
        assert outbox.obstacles(closed, outbox.Event.TEST) == ["no_url", "no_secret", "closed"]
