"""Making a tenant: name and plan are enough, and one form makes one tenant."""

import pytest

from tests import raw
from tests.history import assert_audited, assert_history_holds, count_entries
from tests.web import dom
from tests.web.pages import REASON
from tests.web.saved import actions
from webui.core.extensions import db
from webui.history.record.actions import Action
from webui.models import Tenant
from webui.models.tenant.tenant import DEFAULTS

URL = "/tenants/new"


@pytest.fixture
def support(sign_in):
    return sign_in("support")


def names():
    return sorted(name for (name,) in raw.rows("SELECT name FROM tenants"))


class TestForm:
    def test_asks_for_name_plan_and_reason(self, support):
        form = support.get(URL)
        assert form.fields.keys() == {"csrf_token", "submission", "name", "billing_plan", "reason"}
        assert form.field("billing_plan") == "starter"
        assert len(form.field("submission")) >= 16

    def test_is_a_new_one_every_time(self, support):
        assert support.get(URL).field("submission") != support.get(URL).field("submission")


class TestCreation:
    def test_leads_to_the_new_tenant(self, support):
        answer = support.post_form(
            URL, 303, name="  Brand New عيادة ", billing_plan="business", reason=REASON
        )
        page = support.get(answer.location)
        assert dom.words(dom.elements(page.tree, "h1")[0]) == "Brand New عيادة"
        assert "The tenant was created." in page.words
        [tenant] = db.session.query(Tenant).all()
        body = assert_audited(Action.TENANT_CREATED, tenant, reason=REASON, source="ui")
        expected = {**DEFAULTS, "name": "Brand New عيادة", "billing_plan": "business"}
        assert body["changes"] == {name: [None, value] for name, value in expected.items()}
        assert body["actor"]["id"] == str(support.user.id)
        assert (body["tenant"]["version"], tenant.version) == (1, 1)
        assert_history_holds()

    def test_by_htmx_leads_there_too(self, support):
        form = support.get(URL)
        answer = support.submit(form, 200, htmx=True, name="New", reason=REASON)
        assert answer.headers["HX-Redirect"].startswith("/tenants/")

    def test_needs_no_name_that_is_free(self, support):
        for _ in range(2):
            support.post_form(URL, 303, name="Same", reason=REASON)
        assert names() == ["Same", "Same"]

    def test_ignores_what_is_none_of_its_fields(self, support):
        support.post_form(
            URL,
            303,
            **{"name": "Plain", "reason": REASON, "id": "0" * 32, "status": "blocked"},
            **{"version": 7, "max_concurrent_calls": 999, "hipaa_enabled": "y", "role": "admin"},
            **{"sip_password": "never set here", "meta_data": '{"a": 1}', "onboarded_at": "x"},
        )
        [tenant] = db.session.query(Tenant).all()
        assert (tenant.status, tenant.version, tenant.max_concurrent_calls) == ("active", 1, 10)
        assert (tenant.hipaa_enabled, tenant.meta_data, tenant.sip_password) == (False, {}, None)


class TestDoubleSubmit:
    def test_makes_one_tenant(self, support):
        form = support.get(URL)
        answers = [support.submit(form, 303, name="Once", reason=REASON) for _ in range(3)]
        assert len({answer.location for answer in answers}) == 1
        assert names() == ["Once"]
        assert actions().count("tenant.created") == 1

    def test_after_an_error_makes_one_tenant(self, support):
        form = support.post_form(URL, 422, name="", reason=REASON)
        for _ in range(2):
            support.submit(form, 303, name="Once")
        assert names() == ["Once"]

    def test_with_the_mark_of_another_person_makes_an_own_one(self, support, sign_in):
        form = support.get(URL)
        support.submit(form, 303, name="First", reason=REASON)
        other = sign_in("admin")
        other.post_form(URL, 303, name="Second", reason=REASON, submission=form.field("submission"))
        assert names() == ["First", "Second"]


class TestBadInput:
    def test_is_refused_beside_the_field(self, support):
        form = support.get(URL)
        before = raw.everything()
        for field, values in {
            "name": ["", "  ", "x" * 256, "a\u200bb", "a\u202eb", "\x07", None, ["a", "a"]],
            "billing_plan": ["gold", "", "Starter", None, ["starter", "starter"]],
            "reason": ["", "ab", "x" * 201, None, ["why", "why"]],
        }.items():
            for value in values:
                typed = {"name": "Kept name", "billing_plan": "business", "reason": "kept words"}
                answer = support.submit(form, None, **{**typed, field: value})
                assert answer.status == 422, f"{field} {value!r}"
                assert list(answer.errors) == [field]
                assert answer.field("submission") == form.field("submission")
                for name in typed.keys() - {field, "billing_plan"}:
                    assert answer.field(name) == typed[name]
                if field != "billing_plan":
                    assert answer.field("billing_plan") == "business"
        assert raw.everything() == before

    def test_without_its_mark_is_refused(self, support):
        form = support.get(URL)
        before = count_entries()
        for mark in (None, "", "short", "x" * 65, "\0" * 32, "é" * 32):
            support.submit(form, 400, name="New", reason=REASON, submission=mark)
        support.submit(form, 422, name="New", reason=REASON, submission=["a" * 20, "a" * 20])
        assert count_entries() == before
