"""Programs against a running server: curl as the page shows it, and a generated client."""

import importlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from uuid import UUID

import pytest
from flask import current_app
from sqlalchemy import select

from tests.api_tokens import make_token
from tests.browser.server import BIN
from tests.factories import make_tenant
from webui.api.reference import all_entries
from webui.core.extensions import db
from webui.models import Tenant, User


@pytest.fixture(scope="module")
def token(server):
    """A token of the support team with every scope that it can have."""
    with server.inside():
        user = db.session.scalars(select(User).where(User.username == "mira.chen")).one()
        return make_token(user, "Programs of the tests").text


@pytest.fixture
def tenant(server):
    """The id of a tenant that handles health records."""
    with server.inside():
        return str(make_tenant(name="Sunrise Health", hipaa_enabled=True).id)


class TestCurl:
    def test_does_what_the_page_shows(self, server, token, tenant):
        month = datetime.now(UTC).strftime("%Y-%m")
        with server.inside(), current_app.test_request_context(base_url=server.origin):
            examples = {entry.name: entry.curl for entry in all_entries()}
            assert {entry.method for entry in all_entries()} == {"get", "post", "put"}
        given = {**os.environ, "TOKEN": token, "TENANT": tenant, "MONTH": month}
        answers = {}
        for name, command in examples.items():
            script = f"{command} -w '\\n%{{http_code}}'"
            done = subprocess.run(
                ["/bin/sh", "-c", script], env=given, capture_output=True, text=True, check=False
            )
            assert (done.returncode, done.stderr) == (0, ""), name
            body, _, status = done.stdout.rpartition("\n")
            assert status in ("200", "201"), f"{name}: {status} {body}"
            answers[name] = json.loads(body)
        assert answers["put"]["max_concurrent_calls"] == 25
        assert answers["put"]["hipaa_enabled"] is True
        assert answers["put_status"]["status"] == "suspended"
        assert answers["post_usage"]["verdicts"][0]["verdict"] == "unchanged"


@pytest.fixture
def generated(server, tmp_path, monkeypatch):
    """A client that a public generator made from the served description."""
    with server.inside():
        description = current_app.test_client().get("/api/v1/openapi.json").text
    (tmp_path / "openapi.json").write_text(description)
    (tmp_path / "settings.yml").write_text("post_hooks: []\n")
    made = tmp_path / "console_client"
    command = [BIN / "openapi-python-client", "generate", "--meta", "none", "--fail-on-warning"]
    files = ["--path", "openapi.json", "--config", "settings.yml", "--output-path", made]
    subprocess.run([*command, *files], cwd=tmp_path, check=True, capture_output=True)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module
    for name in [name for name in sys.modules if name.startswith("console_client")]:
        del sys.modules[name]


@pytest.fixture
def client(server, generated, token):
    """The generated client, and the requests that it sent."""
    sent = []
    made = generated("console_client.client").AuthenticatedClient(
        base_url=server.origin,
        token=token,
        raise_on_unexpected_status=True,
        httpx_args={"event_hooks": {"request": [sent.append]}},
    )
    with made:
        yield made, sent


AT = "console_client.api."


class TestGeneratedClient:
    def test_changes_without_sending_what_is_absent(self, server, generated, client, tenant):
        client, sent = client
        get, put = generated(f"{AT}tenants.get"), generated(f"{AT}tenants.put")
        models = generated("console_client.models")
        before = get.sync_detailed(UUID(tenant), client=client)
        assert before.parsed.hipaa_enabled is True
        change = models.TenantChange(retention_days=30, webhook_url=None)
        etag = before.headers["ETag"]
        after = put.sync_detailed(UUID(tenant), client=client, body=change, if_match=etag)
        assert json.loads(sent[-1].content) == {"retention_days": 30, "webhook_url": None}
        assert _differing(before.parsed, after.parsed) == {"retention_days", "updated_at"}
        stale = put.sync_detailed(UUID(tenant), client=client, body=change, if_match=etag)
        assert (stale.status_code, stale.parsed.detail[0].type_) == (412, "precondition_failed")
        history = generated(f"{AT}history.history").sync(UUID(tenant), client=client, limit=1)
        assert history[0]["changes"] == {"retention_days": [90, 30]}
        with server.inside():
            stored = db.session.get_one(Tenant, UUID(tenant))
            assert (stored.hipaa_enabled, stored.retention_days, stored.version) == (True, 30, 2)

    def test_knows_lists_usage_and_errors(self, generated, client, tenant):
        client, _ = client
        models = generated("console_client.models")
        everyone = generated(f"{AT}tenants.tenants").sync(client=client, limit=1_000)
        assert tenant in {str(one.id) for one in everyone}
        figures = models.UsageMonth(usage_cents=5, calls=6, minutes=7)
        usage = generated(f"{AT}usage.put_usage").sync(
            UUID(tenant), "2026-10", client=client, body=figures
        )
        assert usage.verdict == "stored"
        wrong = models.TenantChange(retention_days=0, name="")
        refused = generated(f"{AT}tenants.put").sync(UUID(tenant), client=client, body=wrong)
        assert [problem.loc for problem in refused.detail] == [
            ["body", "name"],
            ["body", "retention_days"],
        ]
        missing = generated(f"{AT}tenants.get").sync_detailed(UUID(int=0), client=client)
        assert missing.status_code == 404


def _differing(before, after):
    old, new = before.to_dict(), after.to_dict()
    return {name for name in new if old[name] != new[name]}
