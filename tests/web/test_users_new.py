"""Inviting people: colleagues, and owners of a tenant."""

from uuid import uuid4

import pytest

from tests import raw
from tests.factories import make_tenant
from tests.history import assert_audited, assert_history_holds
from tests.web import dom
from tests.web.pages import REASON
from webui.accounts.operations import find_user
from webui.history.record.actions import Action
from webui.models.user import NO_PASSWORD

COLLEAGUE = {"username": "Nia.Obi", "email": "nia@staff.example", "role": "support"}

# Fixed: every worker of a parallel run must collect the same tests.
NOBODY = "0b12e8ba-9783-456b-a127-672bd254c257"


def link_in(answer):
    """The link that the page shows once."""
    return answer.words_of("link-text")


@pytest.fixture
def filled():
    return {**COLLEAGUE, "reason": REASON}


class TestColleague:
    def test_needs_a_role_that_was_chosen(self, admin, filled):
        # Radio buttons of which none is chosen send nothing at all.
        answer = admin.post_form("/users/new", 422, **{**filled, "role": None})
        assert answer.errors == {"role": "Choose a role."}

    def test_is_invited_without_a_password(self, admin, filled):
        answer = admin.post_form("/users/new", 200, **filled)
        assert link_in(answer).startswith("http://localhost/invitation/")
        for words in ("shown only this once", "No e-mail is sent", "It works once"):
            assert words in answer.words
        user = find_user("nia.obi")
        assert (user.username, user.role, user.password_hash) == ("Nia.Obi", "support", NO_PASSWORD)
        assert_audited(Action.USER_INVITED, reason=REASON, tenant=None)
        page = admin.get(f"/users/{user.id}")
        assert "Invited" in page.words
        assert "invitation open until" in page.words
        assert link_in(answer).rsplit("/", 1)[-1] not in page.text
        assert_history_holds()

    def test_cannot_sign_in_before_a_password_is_chosen(self, admin, browser, filled):
        admin.post_form("/users/new", 200, **filled)
        for password in (NO_PASSWORD, "", " "):
            browser.sign_in("nia.obi", password, status=422)

    def test_is_made_once_by_a_double_click_and_the_newest_link_works(self, admin, browser, filled):
        form = admin.get("/users/new")
        first, second = (link_in(admin.submit(form, 200, **filled)) for _ in range(2))
        assert first != second
        browser.get(first, 404)
        browser.get(second, 200)

    def test_is_not_made_with_the_mark_of_another_form(self, admin, filled):
        form = admin.get("/tenants/new")
        mark = form.field("submission")
        admin.submit(form, 303, name="Made before", reason=REASON)
        with raw.unchanged():
            answer = admin.post_form("/users/new", 400, **filled, submission=mark)
        assert "This form was used before" in answer.words

    def test_with_a_taken_name_keeps_what_was_typed(self, admin, filled):
        admin.post_form("/users/new", 200, **filled)
        with raw.unchanged():
            again = admin.post_form("/users/new", 422, **{**filled, "username": "NIA.obi"})
        assert again.errors == {"username": "This username is taken. Choose another."}
        assert again.field("email") == COLLEAGUE["email"]

    @pytest.mark.parametrize(
        ("changes", "wrong"),
        [
            ({"username": "ab"}, "username"),
            ({"username": "with space"}, "username"),
            ({"username": None}, "username"),
            ({"email": "nowhere"}, "email"),
            ({"role": "root"}, "role"),
            ({"role": None}, "role"),
            ({"reason": "no"}, "reason"),
        ],
    )
    def test_is_refused_with_the_error_beside_the_field(self, admin, filled, changes, wrong):
        with raw.unchanged():
            answer = admin.post_form("/users/new", 422, **{**filled, **changes})
        assert list(answer.errors) == [wrong]

    def test_gets_nothing_but_what_the_form_asks(self, admin, filled, tenant):
        more = {"password_hash": "x", "active": "n", "id": uuid4(), "tenant_id": tenant.id}
        admin.post_form("/users/new", 200, **filled, **more)
        user = find_user("nia.obi")
        assert user.active
        assert (user.password_hash, user.tenant_id) == (NO_PASSWORD, None)
        assert user.id != more["id"]

    def test_needs_the_mark_of_the_form(self, admin, filled):
        with raw.unchanged():
            admin.post_form("/users/new", 400, **filled, submission=None)

    @pytest.mark.parametrize("role", ["support", "auditor"])
    def test_is_an_admin_s_to_invite(self, sign_in, role):
        sign_in(role).get("/users/new", 403)


class TestOwner:
    def test_is_invited_from_the_tenant_page(self, admin, tenant):
        page = admin.get(f"/tenants/{tenant.id}")
        [link] = [a for a in dom.elements(page.tree, "a") if dom.words(a) == "Invite an owner"]
        answer = admin.post_form(
            link.get("href"), 200, username="olu", email="olu@x.example", reason=REASON
        )
        assert "/invitation/" in link_in(answer)
        assert (find_user("olu").role, find_user("olu").tenant_id) == ("owner", tenant.id)
        assert_audited(Action.USER_INVITED, tenant)

    def test_gets_a_tenant_that_was_searched_for(self, admin, tenant):
        assert "Northwind" not in admin.get("/users/new?role=owner").words_of("tenant-choices")
        found = admin.get("/users/new?role=owner&q=north", htmx=True).by_id("tenant-choices")
        [link] = dom.elements(found, "a")
        assert link.get("href") == f"/users/new?tenant={tenant.id}"
        assert "Invite an owner of Northwind" in admin.get(link.get("href")).words
        for q, short in (("zzzz", False), ("zz", True), ("東", True), ("東京", False)):
            words = admin.get(f"/users/new?role=owner&q={q}").words
            assert "No tenants match" in words
            assert ("fewer at their beginning" in words) == short
            listed = admin.get(f"/tenants?q={q}").words
            assert ("fewer at their beginning" in listed) == short

    @pytest.mark.parametrize(
        ("sent", "status"), [("", 422), (None, 422), ("x", 422), (NOBODY, 404)]
    )
    def test_needs_a_tenant_that_exists(self, admin, tenant, sent, status):
        form = admin.get(f"/users/new?tenant={tenant.id}")
        with raw.unchanged():
            admin.submit(
                form, status, username="olu", email="olu@x.example", reason=REASON, tenant_id=sent
            )

    @pytest.mark.parametrize("asked", ["x", NOBODY])
    def test_of_no_tenant_is_not_found(self, admin, asked):
        admin.get(f"/users/new?tenant={asked}", 404)

    def test_link_of_a_tenant_with_a_hostile_name_is_text(self, admin):
        tenant = make_tenant(name="</h1><script>alert(1)</script>")
        assert tenant.name in admin.get(f"/users/new?tenant={tenant.id}").words
