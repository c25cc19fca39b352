"""The list of tenants, the history and the token itself, by program."""

import json
import re
from datetime import timedelta

import pytest

from tests.api.conftest import TENANTS, path_of, places
from tests.factories import make_tenant, revise
from webui.core.extensions import db
from webui.history.record.actions import Action
from webui.history.record.chain import timestamp
from webui.models import AuditEntry

pytestmark = pytest.mark.both_databases
HIDDEN = ("reason", "address", "agent", "request", "seq", "prev")


@pytest.fixture
def some(app):
    return [make_tenant(name=f"Team {number}") for number in range(7)]


def next_path(response):
    link = response.headers.get("Link")
    found = re.fullmatch(r'<(.*)>; rel="next"', link) if link else None
    return found and found.group(1)


def walk(program, path):
    pages = []
    while path:
        response = program.send("GET", path, 200)
        pages.append(response.json)
        path = next_path(response)
    return pages


class TestTenants:
    def test_come_in_pages_by_links(self, program, some):
        pages = walk(program, f"{TENANTS}?limit=3")
        assert [len(page) for page in pages] == [3, 3, 1]
        assert [t["name"] for page in pages for t in page] == [t.name for t in some]
        assert pages[0][0] == program.get(path_of(some[0]))
        assert walk(program, TENANTS) == [[tenant for page in pages for tenant in page]]

    def test_are_skipped_by_an_offset(self, program, some):
        found = program.get(f"{TENANTS}?limit=2&offset=3")
        assert [tenant["name"] for tenant in found] == ["Team 3", "Team 4"]
        assert len(program.get(f"{TENANTS}?offset=6")) == 1
        assert program.get(f"{TENANTS}?offset=10000") == []
        answer = program.get(f"{TENANTS}?offset=10001", 422)
        assert "cursor" in answer["detail"][0]["msg"]
        pages = walk(program, f"{TENANTS}?limit=2&offset=4")
        assert [t["name"] for page in pages for t in page] == ["Team 4", "Team 5", "Team 6"]

    def test_are_filtered(self, program, some):
        revise(some[2], Action.TENANT_STATUS, status="inactive")
        revise(some[3], Action.TENANT_BILLING, billing_plan="business")
        for query, names in (
            ("status_filter=inactive", ["Team 2"]),
            ("plan=business", ["Team 3"]),
            ("q=eam 5", ["Team 5"]),
            ("status_filter=inactive&plan=business", []),
        ):
            assert [t["name"] for t in program.get(f"{TENANTS}?{query}")] == names

    def test_since_a_time_come_in_the_order_of_their_changes(self, program, some):
        since = some[3].updated_at
        revise(some[4], Action.TENANT_BILLING, billing_plan="business")
        pages = walk(program, f"{TENANTS}?limit=2&updated_since={timestamp(since)}")
        names = [tenant["name"] for page in pages for tenant in page]
        assert names == ["Team 3", "Team 5", "Team 6", "Team 4"]
        later = timestamp(since + timedelta(days=1))
        assert program.get(f"{TENANTS}?updated_since={later}") == []

    def test_of_a_wrong_query_are_refused_by_name(self, program, some):
        for query, name in (
            ("limit=0", "limit"),
            ("limit=1001", "limit"),
            ("limit=1.0", "limit"),
            ("limit=" + "9" * 5_000, "limit"),
            ("limit=x", "limit"),
            ("limit=5&limit=6", "limit"),
            ("offset=-1", "offset"),
            ("status_filter=deleted", "status_filter"),
            ("plan=gold", "plan"),
            ("cursor=x", "cursor"),
            ("updated_since=yesterday", "updated_since"),
            ("updated_since=2026-11-30T12:00:00", "updated_since"),
            ("updated_since=2026-W49-1T00:00:00Z", "updated_since"),
            ("updated_since=0001-01-01T00:00:00%2B23:59", "updated_since"),
            ("updated_since=2026-13-01T00:00:00Z", "updated_since"),
            ("colour=red", "colour"),
            ("q=%00", "q"),
        ):
            answer = program.get(f"{TENANTS}?{query}", 422)
            assert list(places(answer)) == [f"query.{name}"]
            # No words of the language that it is written in.
            assert "sys." not in answer["detail"][0]["msg"]
        answer = program.get(f"{TENANTS}?updated_since=2026-02-30T00:00:00Z", 422)
        assert answer["detail"][0]["msg"] == "There is no such day or time."

    def test_are_not_listed_to_owners(self, program_for, some):
        program_for("owner", some[0]).get(TENANTS, 403)
        assert len(program_for("auditor").get(TENANTS)) == 7


class TestHistory:
    def test_gives_the_exact_bodies(self, program, tenant):
        for days in (5, 6):
            program.put(path_of(tenant), {"retention_days": days})
        response = program.send("GET", f"{path_of(tenant)}/history?limit=2", 200)
        stored = db.session.query(AuditEntry).filter_by(tenant_id=tenant.id)
        bodies = [entry.body for entry in stored.order_by(AuditEntry.seq.desc())]
        assert response.text == f"[{bodies[0]},{bodies[1]}]"
        rest = program.send("GET", next_path(response), 200)
        assert (rest.text, next_path(rest)) == (f"[{bodies[2]}]", None)
        found = program.get(f"{path_of(tenant)}/history?action=tenant.created&source=ui")
        assert [entry["action"] for entry in found] == ["tenant.created"]
        found = program.get(f"{path_of(tenant)}/history?field=name&field=retention_days")
        assert len(found) == 3

    def test_keeps_every_filter_in_the_link(self, program, tenant):
        for days in (5, 6):
            program.put(path_of(tenant), {"retention_days": days})
        program.put(path_of(tenant), {"max_concurrent_calls": 5})
        filters = "field=retention_days&field=max_concurrent_calls&from=2020-01-01T00:00:00Z"
        pages = walk(program, f"{path_of(tenant)}/history?limit=2&{filters}")
        fields = [set(entry["changes"]) & {"retention_days", "name"} for p in pages for entry in p]
        assert fields == [set(), {"retention_days"}, {"retention_days"}, {"retention_days", "name"}]

    def test_hides_staff_from_owners(self, program, program_for, tenant):
        headers = {"X-Change-Reason": "They asked on the phone"}
        program.put(path_of(tenant), {"meta_data": {"crm": "X"}}, headers=headers)
        owner = program_for("owner", tenant)
        response = owner.send("GET", f"{path_of(tenant)}/history", 200)
        [first] = [e for e in response.json if e["action"] == "tenant.organisation.updated"]
        assert first["actor"]["name"] == "Support team"
        assert first["changes"] == {}
        assert [first[name] for name in HIDDEN] == [None] * 6
        for hidden in (program.user.username, str(program.user.id), "phone", "crm"):
            assert hidden not in response.text
        for filtered in ("q=phone", "actor=somebody", "field=meta_data"):
            answer = owner.get(f"{path_of(tenant)}/history?{filtered}", 422)
            assert places(answer) == {f"query.{filtered.partition('=')[0]}": "filter"}

    def test_of_wrong_filters_is_refused(self, program, tenant):
        for query, name in (
            ("action=x", "action"),
            ("colour=red", "colour"),
            ("cursor=x", "cursor"),
            ("from=yesterday", "from"),
            ("from=2026-11-30", "from"),
            ("from=2026-11-30T00:00:00Z&to=2026-11-29T00:00:00Z", "to"),
            ("source=fax", "source"),
            ("q=a&q=b", "q"),
            ("actor=" + "x" * 201, "actor"),
            (f"tenant={tenant.id}", "tenant"),
        ):
            answer = program.get(f"{path_of(tenant)}/history?{query}", 422)
            assert [item["loc"][:2] for item in answer["detail"]] == [["query", name]]
        answer = program.get(f"{path_of(tenant)}/history?actor=nobody", 422)
        assert places(answer) == {"query.actor": "filter"}


class TestMe:
    @pytest.mark.parametrize("role", ["support", "admin", "auditor", "owner"])
    def test_says_what_the_token_is(self, program_for, role):
        program = program_for(role)
        found = program.get("/api/v1/me")
        assert found["user_id"] == str(program.user.id)
        assert (found["username"], found["role"]) == (program.user.username, role)
        owned = program.user.tenant_id
        assert found["owner_id"] == (str(owned) if owned else None)
        assert "tenants:read" in found["scopes"]
        assert found["expires_at"].endswith("Z")
        assert json.dumps(found).count(program.token) == 0
