"""Denied attempts at a tenant are nobody's entries, and concern it nevertheless."""

import json

import pytest
from sqlalchemy import Text, cast, func, literal, null, select

from tests.factories import make_tenant
from tests.plans import COPY, enlarge, plan_of
from tests.web.pages import tenant_url
from tests.web.test_history_filters import numbers
from webui.core.extensions import db
from webui.history.query import streams
from webui.history.query.filters import Filters
from webui.models import AuditEntry

pytestmark = pytest.mark.both_databases


@pytest.fixture
def tried(sign_in, tenant):
    """The number of the entry of a foreign owner's attempt at `tenant`."""
    stranger = sign_in("owner", make_tenant(name="Strangers"))
    stranger.get(tenant_url(tenant), 404)
    return db.session.scalars(select(AuditEntry.seq).order_by(AuditEntry.seq.desc())).first()


@pytest.mark.parametrize("more", ["", "&field=object", "&field=page&address=127.0.0.1"])
def test_at_a_tenant_are_found_by_it(admin, tenant, tried, more):
    another = make_tenant(name="Another")
    assert numbers(admin.get(f"/audit?tenant={tenant.id}&outcome=denied{more}")) == [tried]
    assert numbers(admin.get(f"/audit?tenant={another.id}&outcome=denied{more}")) == []
    assert tried in numbers(admin.get(f"/audit?tenant={tenant.id}&tenant={another.id}"))
    assert numbers(admin.get(f"{tenant_url(tenant)}/audit"))[0] == tried
    lines = admin.get(f"/audit/export.jsonl?tenant={tenant.id}").text.splitlines()
    assert json.loads(lines[-2])["seq"] == tried


def test_of_strangers_are_not_for_owners(owner, tenant, tried):
    for query in ("", "?outcome=denied"):
        assert tried not in numbers(owner.get(f"{tenant_url(tenant)}/audit{query}"))
    owner.get(f"{tenant_url(tenant)}/audit?action=access.denied", 400)
    entry = db.session.scalars(select(AuditEntry.id).where(AuditEntry.seq == tried)).one()
    owner.get(f"/audit/{entry}", 404)


def test_can_be_chosen_on_the_tenant_s_page_by_those_who_see_them(admin, owner, tenant):
    choices = {}
    for browser in (admin, owner):
        options = browser.get(f"{tenant_url(tenant)}/audit").by_id("action").iter("option")
        choices[browser] = {option.get("value") for option in options}
    assert choices[admin] - choices[owner] == {"access.denied"}
    assert choices[owner] >= {"tenant.created", "user.invited", "audit.erased"}
    assert not choices[admin] & {"session.started", "keys.added", "audit.exported"}


def test_are_found_along_their_own_index(tenant, tried):
    enlarge(
        AuditEntry.__table__,
        seq=AuditEntry.seq + COPY * 1000,
        id=func.gen_random_uuid(),
        hash=func.concat(func.md5(AuditEntry.hash), func.md5(cast(COPY, Text))),
        action=literal("tenant.billing"),
        tenant_version=null(),
    )
    [_, attempts] = streams.streams(Filters(tenant=(tenant.id,)), denials=True)[0].values
    query = select(AuditEntry.seq).where(attempts).order_by(AuditEntry.seq.desc()).limit(5)
    assert "ix_audit_entries_denied_object_seq" in plan_of(query)
