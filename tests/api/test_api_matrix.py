"""Every operation, for every role and for nobody, on the own tenant, another's and none."""

from uuid import uuid4

import pytest

from tests import raw
from tests.api.conftest import Program
from tests.factories import make_tenant
from webui.accounts.api_tokens.scopes import Scope, scopes_of_role
from webui.api.openapi import operations
from webui.core.permissions import ROLES, Permission, Role

# A body that is valid and changes something.
_FIGURES = {"usage_cents": 5, "calls": 6, "minutes": 7}
BODIES = {
    "put_usage": _FIGURES,
    "post_usage": {"rows": [{"tenant_id": str(uuid4()), "month": "2026-11", **_FIGURES}]},
    "put": {"retention_days": 31},
    "post": {"name": "Made by a program"},
    "put_status": {"status": "inactive"},
}
STAFF_ONLY = {"tenants", "post", "put_status"}


def requests(app):
    """(name, method, path, operation) of every operation."""
    with app.app_context():
        return [
            (view.__name__, method.upper(), path, declared)
            for path, method, declared, view in operations()
        ]


class TestNobody:
    def test_is_let_in(self, app, tenant):
        everything = raw.everything()
        for name, method, path, _ in requests(app):
            address = path.format(tenant_id=tenant.id, month="2026-11")
            answer = app.test_client().open(address, method=method, json=BODIES.get(name))
            assert (answer.status_code, answer.mimetype) == (401, "application/json"), path
        assert raw.everything() == everything


@pytest.mark.parametrize("role", [role.value for role in Role])
class TestRole:
    def test_gets_what_its_permissions_say(self, app, program_for, role):
        own, foreign = make_tenant(name="Own"), make_tenant(name="Foreign")
        program: Program = program_for(role, own if role == "owner" else None)
        held, sees_all = ROLES[Role(role)], Permission.LIST_TENANTS in ROLES[Role(role)]
        for name, method, path, declared in requests(app):
            allowed = declared.permission in held
            if declared.scope and declared.scope not in scopes_of_role(role):
                allowed = False
            for thing, exists in ((own.id, True), (foreign.id, sees_all), (uuid4(), False)):
                address = path.format(tenant_id=thing, month="2026-11")
                done = 201 if name == "post" else 200
                wanted = 403 if not allowed else done if exists or address == path else 404
                program.send(method, address, wanted, json=BODIES.get(name))

    def test_with_a_scope_does_nothing_beyond_it(self, app, program_for, role):
        own = make_tenant(name="Own")
        reading = program_for(
            role, own if role == "owner" else None, frozenset({Scope.TENANTS_READ})
        )
        before = raw.everything()["tenants"]
        for name, method, path, declared in requests(app):
            if declared.scope not in (None, Scope.TENANTS_READ):
                address = path.format(tenant_id=own.id, month="2026-11")
                reading.send(method, address, 403, json=BODIES.get(name))
        assert raw.everything()["tenants"] == before
