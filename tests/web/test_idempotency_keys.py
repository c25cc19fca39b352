"""One-use marks of forms belong to their form and to what it was about (issue 11, point 7)."""

from uuid import UUID, uuid4

import pytest

from tests import raw
from tests.factories import make_tenant
from tests.history import assert_history_holds
from tests.outbox import make_hooked
from tests.web.pages import REASON, tenant_url
from webui.core.extensions import write_transaction
from webui.web import idempotency_keys
from webui.web.errors import KEY_REUSED
from webui.web.idempotency_keys import IdempotencyKey, UsedOn

MARK = "a-mark-that-is-used-twice"


@pytest.fixture
def hooked(app):
    """Two tenants with a webhook."""
    return make_hooked(), make_hooked()


def new_tenant(admin, _hooked):
    return "/tenants/new", admin.get("/tenants/new").fields | {"name": ["Acme"]}


def new_user(admin, _hooked):
    fields = {"username": [f"u{uuid4().hex[:8]}"], "email": ["u@example.com"], "role": ["support"]}
    return "/users/new", admin.get("/users/new").fields | fields


def new_owner(admin, hooked):
    page = admin.get(f"/users/new?tenant={hooked[0].id}")
    return "/users/new", page.fields | {"username": ["an.owner"], "email": ["o@example.com"]}


def webhook_test_of(number):
    def form(admin, hooked):
        return tenant_url(hooked[number], "webhook", "test"), {"csrf_token": [admin.token()]}

    return form


def secret_of(number):
    def form(admin, hooked):
        url = tenant_url(hooked[number], "webhook", "secret")
        return url, admin.get(url).fields

    return form


FORMS = {
    "new tenant": new_tenant,
    "new user": new_user,
    "new owner": new_owner,
    "test": webhook_test_of(0),
    "another tenant's test": webhook_test_of(1),
    "secret": secret_of(0),
    "another tenant's secret": secret_of(1),
}


def send(admin, hooked, form):
    url, fields = FORMS[form](admin, hooked)
    return admin.post(url, fields | {"submission": [MARK], "reason": [REASON]})


@pytest.mark.parametrize("first", FORMS)
def test_a_mark_is_good_on_its_own_form_alone(admin, hooked, first):
    assert send(admin, hooked, first).status in (200, 303)
    before = len(raw.rows("SELECT 1 FROM audit_entries"))
    for second in FORMS.keys() - {first}:
        answer = send(admin, hooked, second)
        assert answer.status == 400, second
        assert KEY_REUSED in answer.words, second
        assert len(raw.rows("SELECT 1 FROM audit_entries")) == before, second
    # Some forms say that the first click did it, others that theirs is used.
    assert send(admin, hooked, first).status in (200, 303, 409, 422)
    assert_history_holds()


def test_a_delivery_is_not_sent_again_by_another_s_mark(admin, hooked):
    send(admin, hooked, "test")
    [(delivery,)] = raw.rows("SELECT id FROM webhook_deliveries WHERE manual")
    url = tenant_url(hooked[0], "webhook", "deliveries", str(UUID(str(delivery))), "resend")
    data = {"csrf_token": admin.token(), "submission": MARK}
    assert KEY_REUSED in admin.post(url, data, 400).words
    admin.post(url, data | {"submission": MARK + "2"}, 303)
    admin.post(url, data | {"submission": MARK + "2"}, 303)
    assert len(raw.rows("SELECT id FROM webhook_deliveries WHERE manual")) == 2


def test_two_at_the_same_moment_on_two_forms_are_no_error_of_ours(admin, monkeypatch):
    """On PostgreSQL both may find the mark unused; the database lets one of them win."""
    user, tenant = admin.user.id, make_tenant()
    key = IdempotencyKey(MARK, user, UsedOn.WEBHOOK_TEST, tenant.id)
    with write_transaction():
        idempotency_keys.use(key, "x")
    monkeypatch.setattr(idempotency_keys, "used", lambda _mark: None)
    with pytest.raises(idempotency_keys.KeyReused), write_transaction():
        idempotency_keys.use(key, "y")
