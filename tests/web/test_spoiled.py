"""Pages and exports of a history whose entries somebody spoiled in the database."""

import csv
import io
import json

import pytest
from sqlalchemy import select

from tests import tampering
from tests.web import dom
from tests.web.pages import tenant_url
from webui.core.extensions import db
from webui.history.narrative.sentences import SPOILED
from webui.models import AuditEntry

# What the newest entry's text is made of another one by.
TEXTS = {
    "nothing": lambda body: "",
    "words": lambda body: "no JSON",
    "a list": lambda body: "[]",
    "another object": lambda body: '{"action":"tenant.status.updated"}',
    "a part less": lambda body: json.dumps({k: v for k, v in body.items() if k != "tenant"}),
    "no changes": lambda body: json.dumps({**body, "changes": None}),
    "a tenant that is a word": lambda body: json.dumps({**body, "tenant": "Northwind"}),
    "one side": lambda body: json.dumps({**body, "changes": {"status": ["active"]}}),
    "values of another kind": lambda body: json.dumps(
        {**body, "changes": {"blocked_services": [[], ["fax"]], "status": ["active", "gone"]}}
    ),
}


@pytest.fixture(params=TEXTS)
def spoiled(request, admin, tenant):
    """The id of a change of the status whose text was replaced."""
    admin.post_form(
        f"{tenant_url(tenant)}/status",
        303,
        status="suspended",
        blocked_services=["calls"],
        reason="fraud",
    )
    newest = select(AuditEntry).where(AuditEntry.tenant_id == tenant.id)
    entry = db.session.scalars(newest.order_by(AuditEntry.seq.desc()).limit(1)).one()
    seq, entry_id, text = entry.seq, entry.id, TEXTS[request.param](json.loads(entry.body))
    with tampering.without_guards() as connection:
        # It hashes right and has every extract: only its text says nothing.
        tampering.set_columns(connection, seq, body=text)
    return entry_id


def test_pages_and_exports_show_it_and_the_rest(admin, tenant, spoiled):
    for url in ("/audit", f"{tenant_url(tenant)}/audit", tenant_url(tenant)):
        page = admin.get(url)
        [row] = [row for row in page.history if row.get("id") == f"audit-{spoiled}"]
        assert SPOILED.lower() in dom.words(row).lower()
        assert admin.user.username in dom.words(row)
        assert "created the tenant northwind" in page.words.lower()
    assert SPOILED in admin.get(f"/audit/{spoiled}").words
    admin.get(f"/audit/{spoiled}/revert", 422)
    place = {"HX_Target": "dd#changes-of-status"}
    part = admin.get(f"{tenant_url(tenant)}/audit?field=status", htmx=True, **place)
    assert f"/audit/{spoiled}" in part.text
    table = admin.get("/audit/export.csv").response.data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["seq"] for row in rows] == [str(n + 1) for n in range(len(rows))]
    assert SPOILED in [row["what"] for row in rows]
    # A form from before the change is judged by the listed fields.
    form = admin.get(f"{tenant_url(tenant)}/status")
    old = {"version": ["1"], "status": ["inactive"], "reason": ["the wrong one"]}
    admin.post(f"{tenant_url(tenant)}/status", {**form.fields, **old}, 409)
