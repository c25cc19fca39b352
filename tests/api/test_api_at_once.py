"""Programs that write at the same moment: nothing is lost, nothing is done twice."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.api.conftest import TENANTS, path_of
from webui.core.extensions import db
from webui.models import AuditEntry, Tenant

pytestmark = pytest.mark.both_databases
AT_ONCE = 8


@pytest.fixture
def at_once(app, program):
    """Sends one request of each body at the same moment and returns the responses in order."""
    # The first use of a day is an entry of its own.
    program.get("/api/v1/me")

    def send(method, path, bodies, headers=None):
        barrier = Barrier(len(bodies))
        sent = {"Authorization": f"Bearer {program.token}", **(headers or {})}

        def one(body):
            client = app.test_client()
            barrier.wait()
            return client.open(path, method=method, json=body, headers=sent)

        with ThreadPoolExecutor(len(bodies)) as threads:
            return list(threads.map(one, bodies))

    return send


class TestPut:
    def test_with_an_etag_succeeds_once(self, program, tenant, at_once):
        bodies = [{"retention_days": 100 + number} for number in range(AT_ONCE)]
        found = at_once("PUT", path_of(tenant), bodies, {"If-Match": '"1"'})
        statuses = [response.status_code for response in found]
        assert sorted(statuses) == [200, *[412] * (AT_ONCE - 1)]
        won = found[statuses.index(200)].json["retention_days"]
        assert program.get(path_of(tenant))["retention_days"] == won

    def test_of_different_fields_loses_none(self, program, tenant, at_once):
        changes = {
            "retention_days": 31,
            "max_concurrent_calls": 32,
            "monthly_call_limit": 33,
            "webhook_timeout_seconds": 34,
            "name": "At once",
            "meta_data": {"at": "once"},
            "recording_format": "ogg",
            "analytics_enabled": False,
        }
        found = at_once("PUT", path_of(tenant), [{name: new} for name, new in changes.items()])
        assert [response.status_code for response in found] == [200] * AT_ONCE
        for response, (name, new) in zip(found, changes.items(), strict=True):
            assert response.json[name] == new
        response = program.send("GET", path_of(tenant), 200)
        assert {name: response.json[name] for name in changes} == changes
        assert response.headers["ETag"] == f'"{1 + AT_ONCE}"'
        entries = db.session.query(AuditEntry).filter_by(tenant_id=tenant.id)
        versions = [entry.tenant_version for entry in entries.order_by(AuditEntry.seq)]
        assert versions == list(range(1, AT_ONCE + 2))


class TestPost:
    def test_with_one_key_creates_one_tenant(self, program, at_once):
        headers = {"Idempotency-Key": "import/812"}
        bodies = [{"name": "Fabrikam"}] * (AT_ONCE - 2) + [{"name": "Contoso"}] * 2
        found = at_once("POST", TENANTS, bodies, headers)
        made = {response.json["id"] for response in found if response.status_code == 201}
        others = {response.status_code for response in found} - {201}
        assert (len(made), others) == (1, {422})
        db.session.rollback()
        assert db.session.query(Tenant).count() == 1
