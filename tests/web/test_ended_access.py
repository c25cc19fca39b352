"""A change that ends access ends the sessions themselves (issue 11, point 6)."""

from uuid import UUID

import pytest

from tests import raw
from tests.factories import make_user
from tests.web.pages import PASSWORD, REASON, Browser, edit_url, tenant_url


def change_status(admin, tenant, status):
    admin.post_form(edit_url(tenant, "status"), 303, status=status, reason=REASON)


@pytest.mark.parametrize("after", ["active", "inactive"])
def test_unblocking_revives_no_session(app, admin, owner, tenant, after):
    change_status(admin, tenant, "blocked")
    assert raw.rows(
        "SELECT count(*) FROM user_sessions JOIN users ON users.id = user_id"
        " WHERE role = 'owner' AND ended_at IS NULL"
    ) == [(0,)]
    change_status(admin, tenant, after)
    assert owner.get(tenant_url(tenant), 303).location.startswith("/login")
    assert admin.get(tenant_url(tenant)).words
    owner.sign_in(owner.user.username)
    assert owner.get(tenant_url(tenant)).words


def test_a_session_that_began_at_the_moment_of_blocking_ends_with_the_unblocking(
    app, admin, owner, tenant
):
    change_status(admin, tenant, "blocked")
    late = Browser(app.test_client(), set())
    late.user = owner.user
    late.start_session()
    change_status(admin, tenant, "active")
    assert late.get(tenant_url(tenant), 303).location.startswith("/login")


def test_undoing_a_status_does_the_same(admin, owner, tenant):
    change_status(admin, tenant, "blocked")
    [(entry,)] = raw.rows(
        "SELECT id FROM audit_entries WHERE action = 'tenant.status.updated' ORDER BY seq"
    )
    admin.post_form(f"/audit/{UUID(str(entry))}/revert", 303, reason=REASON)
    assert "Active" in admin.get(tenant_url(tenant)).words
    assert owner.get(tenant_url(tenant), 303).location.startswith("/login")


@pytest.mark.parametrize("status", ["suspended", "inactive"])
def test_other_states_leave_the_session(admin, owner, tenant, status):
    services = {"blocked_services": ["calls"]} if status == "suspended" else {}
    form = admin.get(edit_url(tenant, "status"))
    admin.submit(form, 303, status=status, reason=REASON, **services)
    assert owner.get(tenant_url(tenant)).words


def test_another_tenant_s_owner_stays(admin, owner, tenant, sign_in):
    other = sign_in("owner")
    change_status(admin, tenant, "blocked")
    assert other.get("/account").words


def test_enabling_revives_no_session(admin, owner):
    url = f"/users/{owner.user.id}/status"
    admin.post_form(url, 303, reason=REASON)
    admin.post_form(url, 303, reason=REASON)
    assert owner.get("/account", 303).location.startswith("/login")


def test_a_staff_role_that_needs_a_factor_leads_to_it(app_with):
    app = app_with(require_mfa="staff")
    browser = Browser(app.test_client(), set())
    browser.user = make_user("support", password=PASSWORD)
    browser.start_session()
    assert browser.get("/tenants", 303).location == "/account/authenticator"
