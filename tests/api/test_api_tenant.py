"""One tenant by program: read, changed and created as on the pages."""

import base64
import json
import re
import secrets
import threading

import pytest

from tests.api.conftest import PURPOSE, TENANTS, path_of, places, same
from tests.factories import make_tenant, read_again, revise
from tests.history import count_entries
from tests.outbox import make_hooked
from tests.rates import used_up
from webui.api import tenant_routes
from webui.core.extensions import db
from webui.history.record.actions import Action
from webui.models import AuditEntry, Delivery, Tenant, TenantUsage
from webui.models.columns import now
from webui.models.tenant.usage import month_of
from webui.web.posted import action_rates
from webui.web.posted.action_rates import check_rate
from webui.webhooks.signing_secret import OWN_SECRET

DOCUMENTED = """
name billing_plan id status monthly_usage_cents created_at updated_at sip_enabled
recording_enabled analytics_enabled max_concurrent_calls monthly_call_limit meta_data sip_domain
sip_username hipaa_enabled pci_enabled recording_format retention_days data_encryption_enabled
webhook_url webhook_timeout_seconds
"""
pytestmark = pytest.mark.both_databases


def last_entry():
    db.session.rollback()
    entry = db.session.query(AuditEntry).order_by(AuditEntry.seq.desc()).first()
    return json.loads(entry.body)


@pytest.fixture
def full(app):
    made = make_tenant(
        name="Acme",
        sip_domain="sip.acme.example",
        sip_username="acme",
        sip_password=secrets.token_hex(8),
        sip_enabled=True,
        webhook_url="https://hooks.acme.example/x",
        meta_data={"crm": "A-17"},
    )
    db.session.add(TenantUsage(tenant_id=made.id, month=month_of(now()), usage_cents=1250))
    db.session.commit()
    return made


class TestGet:
    def test_has_exactly_the_documented_fields(self, program, full):
        response = program.send("GET", path_of(full), 200)
        found = response.json
        assert set(found) == set(DOCUMENTED.split())
        assert (found["id"], found["name"]) == (str(full.id), "Acme")
        assert found["monthly_usage_cents"] == 1250
        assert found["meta_data"] == {"crm": "A-17"}
        assert found["sip_domain"] == "sip.acme.example"
        assert found["created_at"].endswith("Z")
        assert response.headers["ETag"] == '"1"'
        assert same(program.get(f"{TENANTS}/{full.id.hex.upper()}")) == same(found)

    @pytest.mark.parametrize(
        ("role", "hidden"),
        [
            ("auditor", {"sip_domain", "sip_username", "webhook_url"}),
            ("owner", {"meta_data"}),
            ("support", set()),
            ("admin", set()),
        ],
    )
    def test_hides_what_the_role_may_not_see(self, program_for, full, role, hidden):
        program = program_for(role, full if role == "owner" else None)
        found = program.get(path_of(full))
        assert {name for name, value in found.items() if value is None} == hidden

    def test_of_another_tenant_is_like_one_of_none(self, program_for, full):
        owner = program_for("owner")
        foreign = owner.get(path_of(full), 404)
        assert same(foreign) == same(owner.get(f"{TENANTS}/{secrets.token_hex(16)}", 404))
        assert places(foreign) == {"request": "not_found"}


class TestPut:
    def test_changes_what_is_sent_and_nothing_else(self, program, full):
        before = program.get(path_of(full))
        after = program.put(path_of(full), {"max_concurrent_calls": 25, "retention_days": 30})
        changed = {name for name in before if before[name] != after[name]}
        assert changed == {"max_concurrent_calls", "retention_days", "updated_at"}
        entry = last_entry()
        assert entry["action"] == Action.TENANT_SEVERAL
        assert entry["changes"] == {"max_concurrent_calls": [10, 25], "retention_days": [90, 30]}
        assert (entry["source"], entry["actor"]["type"]) == ("api", "token")
        assert entry["actor"]["id"] == str(program.user.id)
        assert entry["reason"] == PURPOSE

    def test_of_one_section_is_recorded_as_the_page_does(self, program, tenant):
        program.put(path_of(tenant), {"hipaa_enabled": True})
        assert last_entry()["action"] == Action.TENANT_COMPLIANCE

    def test_of_nothing_writes_nothing(self, program, tenant):
        program.get(path_of(tenant))
        before = count_entries()
        for body in ({}, {"name": "Northwind"}, {"retention_days": 90, "hipaa_enabled": False}):
            response = program.send("PUT", path_of(tenant), 200, json=body)
            assert response.headers["ETag"] == '"1"'
        assert count_entries() == before

    def test_clears_with_null(self, program, full):
        assert program.put(path_of(full), {"webhook_url": None})["webhook_url"] is None
        answer = program.put(path_of(full), {"sip_password": None}, 422)
        assert places(answer) == {"body.sip_password": "rule"}
        program.put(path_of(full), {"sip_password": None, "sip_enabled": False})
        assert not read_again(full).is_set("sip_password")
        for name in ("name", "retention_days", "meta_data", "hipaa_enabled", "webhook_secret"):
            answer = program.put(path_of(full), {name: None}, 422)
            assert list(places(answer)) == [f"body.{name}"]

    def test_is_whole_or_nothing(self, program, tenant):
        program.get(path_of(tenant))
        before = count_entries()
        body = {"max_concurrent_calls": 25, "sip_enabled": True, "name": "Other"}
        answer = program.put(path_of(tenant), body, 422)
        assert set(places(answer)) == {
            "body.sip_domain",
            "body.sip_username",
            "body.sip_password",
        }
        body = {"hipaa_enabled": True, "data_encryption_enabled": False}
        answer = program.put(path_of(tenant), body, 422)
        assert places(answer) == {"body.data_encryption_enabled": "rule"}
        assert count_entries() == before
        assert read_again(tenant).name == "Northwind"

    def test_knows_what_is_stored_when_it_judges(self, program, tenant):
        program.put(path_of(tenant), {"pci_enabled": True})
        program.put(path_of(tenant), {"data_encryption_enabled": False}, 422)
        assert read_again(tenant).data_encryption_enabled

    def test_asks_for_the_limits_of_a_lower_plan(self, program, tenant):
        program.put(path_of(tenant), {"max_concurrent_calls": 500, "billing_plan": "enterprise"})
        answer = program.put(path_of(tenant), {"billing_plan": "starter"}, 422)
        assert places(answer) == {"body.max_concurrent_calls": "rule"}
        body = {
            "billing_plan": "starter",
            "max_concurrent_calls": 10,
            "monthly_call_limit": 1000,
        }
        assert program.put(path_of(tenant), body)["max_concurrent_calls"] == 10

    def test_may_send_a_plan_back_that_was_given_up(self, program):
        old = make_tenant(billing_plan="legacy-2019", max_concurrent_calls=500)
        path = path_of(old)
        body = {"billing_plan": program.get(path)["billing_plan"], "max_concurrent_calls": 400}
        assert program.put(path, body)["max_concurrent_calls"] == 400
        assert read_again(old).billing_plan == "legacy-2019"
        answer = program.put(path, {"billing_plan": "legacy-2018"}, 422)
        assert list(places(answer)) == ["body.billing_plan"]

    def test_of_an_owner_keeps_to_the_plan_and_gives_no_reason(self, program_for, tenant):
        owner = program_for("owner", tenant)
        answer = owner.put(path_of(tenant), {"max_concurrent_calls": 11}, 422)
        assert places(answer) == {"body.max_concurrent_calls": "rule"}
        answer = owner.put(path_of(tenant), {"meta_data": {}}, 403)
        assert places(answer) == {"body.meta_data": "forbidden"}
        owner.put(path_of(tenant), {"retention_days": 30}, headers={"X-Change-Reason": "we say so"})
        assert last_entry()["reason"] is None
        revise(tenant, Action.TENANT_STATUS, status="inactive")
        owner.put(path_of(tenant), {"retention_days": 31}, 403)
        assert owner.get(path_of(tenant))["status"] == "inactive"

    def test_takes_the_reason_of_the_header(self, program, tenant):
        reason = "Ticket 812, Zürich"
        sent = reason.encode().decode("latin-1")
        program.put(path_of(tenant), {"retention_days": 5}, headers={"X-Change-Reason": sent})
        assert last_entry()["reason"] == reason
        for wrong in ("ab", "x" * 201, "caf\xe9 \xff"):
            answer = program.put(
                path_of(tenant), {"retention_days": 6}, 422, headers={"X-Change-Reason": wrong}
            )
            assert list(places(answer)) == ["header.X-Change-Reason"]
            program.put(
                f"{path_of(tenant)}/status",
                {"status": "inactive", "reason": "Invoice 812"},
                422,
                headers={"X-Change-Reason": wrong},
            )
        assert read_again(tenant).retention_days == 5

    def test_with_an_old_etag_is_refused_before_anything_is_written(self, program, tenant):
        path = path_of(tenant)
        answer = program.send(
            "PUT", path, 200, json={"retention_days": 5}, headers={"If-Match": '"1"'}
        )
        assert answer.headers["ETag"] == '"2"'
        for old in ('"1"', 'W/"2"', '"x"', '"1", "3"', ""):
            answer = program.send(
                "PUT", path, 412, json={"retention_days": 5}, headers={"If-Match": old}
            )
            assert answer.headers["ETag"] == '"2"'
        for right in ('"2"', '"1", "2"', "*"):
            program.put(path, {"retention_days": 5}, headers={"If-Match": right})
        assert read_again(tenant).version == 2

    def test_sets_a_secret_by_the_rule_of_the_page(self, program, tenant):
        path = path_of(tenant)
        own = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
        response = program.send("PUT", path, 200, json={"webhook_secret": own})
        assert own not in response.text
        assert last_entry()["action"] == Action.WEBHOOK_SECRET_ROTATED
        assert read_again(tenant).webhook_secret == own
        program.put(path, {"webhook_secret": own})
        assert read_again(tenant).version == 2
        second = "whsec_" + base64.b64encode(secrets.token_bytes(64)).decode()
        program.put(path, {"webhook_secret": second, "retention_days": 3})
        stored = read_again(tenant)
        assert (stored.webhook_secret, stored.webhook_secret_previous) == (second, own)
        answer = program.put(path, {"webhook_secret": own, "retention_days": 4}, 409)
        assert places(answer) == {"body.webhook_secret": "conflict"}
        assert read_again(tenant).retention_days == 3

    def test_of_every_size_that_a_secret_may_have_is_taken(self, app):
        fits = {
            size
            for size in range(100)
            if re.fullmatch(OWN_SECRET, "whsec_" + base64.b64encode(bytes(size)).decode())
        }
        assert fits == set(range(24, 65))

    @pytest.mark.parametrize("size", [23, 65])
    def test_refuses_a_secret_of_another_size_without_showing_it(self, program, tenant, size):
        own = "whsec_" + base64.b64encode(secrets.token_bytes(size)).decode()
        response = program.send("PUT", path_of(tenant), 422, json={"webhook_secret": own})
        assert list(places(response.json)) == ["body.webhook_secret"]
        assert own not in response.text
        [said] = response.json["detail"]
        assert said["msg"] == "Use whsec_ and the base64 of 24 to 64 bytes."
        assert "input" not in said

    def test_tells_the_customer_s_receiver(self, program):
        hooked = make_hooked()
        program.put(path_of(hooked), {"retention_days": 5, "max_concurrent_calls": 9})
        [sent] = db.session.query(Delivery).filter_by(tenant_id=hooked.id).all()
        assert json.loads(sent.body)["data"]["changed"] == [
            "max_concurrent_calls",
            "retention_days",
        ]


class TestRate:
    def test_of_a_person_is_not_that_of_their_programs(self, program, tenant):
        used_up(program.user, action_rates.SAVES)
        program.put(path_of(tenant), {"retention_days": 5})
        program.post(TENANTS, {"name": "Fabrikam"})

    def test_of_programs_is_not_that_of_the_person(self, program, tenant):
        used_up(program.user, action_rates.PROGRAMS)
        for send, path in ((program.put, path_of(tenant)), (program.post, TENANTS)):
            answer = send(path, {"name": "Contoso"}, 429)
            assert places(answer) == {"request": "too_many_requests"}
        assert read_again(tenant).name == "Northwind"
        check_rate(program.user.id, action_rates.SAVES)
        used_up(program.user, action_rates.SAVES)
        with pytest.raises(action_rates.TooFast):
            check_rate(program.user.id, action_rates.SAVES)


class TestAtOnce:
    def test_an_answer_is_about_its_own_save(self, app, program, full, monkeypatch):
        """Another save between the commit and the response makes no stored value unreadable."""
        answer = tenant_routes.tenant_response

        def after_another(tenant, *more):
            def save():
                with app.app_context():
                    row = db.session.get_one(Tenant, full.id)
                    revise(row, Action.TENANT_BILLING, monthly_call_limit=7)

            thread = threading.Thread(target=save)
            thread.start()
            thread.join()
            return answer(tenant, *more)

        monkeypatch.setattr(tenant_routes, "tenant_response", after_another)
        response = program.send("PUT", path_of(full), 200, json={"retention_days": 5})
        assert response.headers["ETag"] == '"2"'
        assert response.json["sip_domain"] == "sip.acme.example"
        assert program.send("GET", path_of(full), 200).headers["ETag"] == '"3"'


class TestPost:
    def test_creates_once_for_a_key(self, program):
        body = {"name": "  Fabrikam   GmbH ", "billing_plan": "business"}
        headers = {"Idempotency-Key": "import/812"}
        response = program.send("POST", TENANTS, 201, json=body, headers=headers)
        made = response.json
        assert (made["name"], made["billing_plan"]) == ("Fabrikam GmbH", "business")
        assert response.headers["Location"] == f"{TENANTS}/{made['id']}"
        assert last_entry()["action"] == Action.TENANT_CREATED
        assert last_entry()["reason"] == PURPOSE
        assert program.post(TENANTS, body, headers=headers)["id"] == made["id"]
        other = {"name": "Another"}
        assert places(program.post(TENANTS, other, 422, headers=headers)) == {
            "header.Idempotency-Key": "reused"
        }
        assert program.post(TENANTS, other)["id"] != program.post(TENANTS, other)["id"]

    def test_is_for_those_who_create_on_the_page(self, program_for):
        before = db.session.query(Tenant).count()
        for role in ("auditor", "owner"):
            program_for(role).post(TENANTS, {"name": "Mine"}, 403)
        assert db.session.query(Tenant).count() == before + 1


class TestStatus:
    def test_stops_and_starts_services(self, program, tenant):
        path = f"{path_of(tenant)}/status"
        body = {
            "status": "suspended",
            "blocked_services": ["sip", "calls"],
            "reason": "Invoice 812",
        }
        assert program.put(path, body)["status"] == "suspended"
        entry = last_entry()
        assert entry["changes"]["blocked_services"] == [[], ["calls", "sip"]]
        assert entry["reason"] == "Invoice 812"
        program.put(path, {"status": "active"}, 412, headers={"If-Match": '"1"'})
        assert program.put(path, {"status": "active"})["status"] == "active"
        assert read_again(tenant).blocked_services == []

    def test_refuses_what_does_not_fit(self, program, program_for, tenant):
        path = f"{path_of(tenant)}/status"
        for body in (
            {},
            {"status": "suspended"},
            {"status": "suspended", "blocked_services": []},
            {"status": "suspended", "blocked_services": ["calls", "calls"]},
            {"status": "suspended", "blocked_services": ["fax"]},
            {"status": "suspended", "blocked_services": "calls"},
            {"status": "active", "blocked_services": ["calls"]},
            {"status": "deleted"},
            {"status": "inactive", "reason": "x"},
            {"status": "inactive", "name": "x"},
        ):
            [place] = places(program.put(path, body, 422))
            assert place.split(".")[1] in ("status", "blocked_services", "reason", "name")
        for role in ("owner", "auditor"):
            program_for(role, tenant if role == "owner" else None).put(
                path, {"status": "active"}, 403
            )
        assert read_again(tenant).version == 1
