"""A password that the console offers: new, shown once, stored only when it is saved."""

import pytest

from tests.factories import make_tenant, revise
from tests.history import count_entries
from tests.raw import unchanged
from tests.web import dom
from tests.web.pages import REASON, edit_url, tenant_url
from tests.web.saved import bodies, fresh
from webui.history.record.actions import Action
from webui.tenants.page import password_generator


@pytest.fixture
def tenant(app):
    return make_tenant(name="Northwind", sip_domain="a.example", sip_username="user")


def offered(person, tenant, **typed):
    """The form with an offer, and the offer."""
    form = person.get(edit_url(tenant, "sip"))
    answer = person.submit(form, 200, offer="y", **typed)
    return answer, answer.control("sip_password").get("value")


class TestOffer:
    @pytest.mark.parametrize("role", ["support", "admin", "owner"])
    def test_stands_in_the_form(self, sign_in, tenant, role):
        person = sign_in(role, tenant if role == "owner" else None)
        answer, password = offered(person, tenant)
        assert len(password) == password_generator.LENGTH == 24
        assert answer.control("sip_password").get("type") == "text"
        assert "shown only now" in answer.words_of("sip-sip_password-hint")
        assert offered(person, tenant)[1] != password

    def test_keeps_what_was_typed_and_stores_nothing(self, admin, tenant, secrets):
        secrets.add("typed before it")
        form = admin.get(edit_url(tenant, "sip"))
        typed = {"sip_username": "other", "reason": REASON, "sip_enabled": True}
        with unchanged():
            answer = admin.submit(form, 200, offer="y", sip_password="typed before it", **typed)
        assert (answer.field("sip_username"), answer.field("reason")) == ("other", REASON)
        assert (answer.field("sip_enabled"), answer.field("version")) == ("y", "1")
        assert answer.errors == {}
        assert fresh(tenant).sip_password is None

    def test_is_stored_when_it_is_saved(self, admin, tenant, secrets):
        answer, password = offered(admin, tenant)
        secrets.add(password)
        admin.submit(answer, 303, reason=REASON)
        assert fresh(tenant).sip_password == password
        admin.get(tenant_url(tenant))
        admin.get(edit_url(tenant, "sip"))
        admin.get(tenant_url(tenant, "audit"))

    def test_is_not_shown_again(self, admin, tenant, secrets):
        answer, password = offered(admin, tenant)
        secrets.add(password)
        again = admin.submit(answer, 422, reason="")
        assert "type it again" in again.words_of("sip-sip_password-hint")
        assert admin.get(edit_url(tenant, "sip")).control("sip_password").get("value") is None

    def test_reaches_neither_history_nor_log(self, admin, tenant, logged):
        before = count_entries()
        answer, password = offered(admin, tenant)
        assert count_entries() == before
        admin.submit(answer, 303, reason=REASON)
        assert password not in str(bodies())
        assert password not in logged()

    def test_works_as_a_fragment(self, admin, tenant):
        form = admin.get(edit_url(tenant, "sip"), htmx=True)
        answer = admin.submit(form, 200, htmx=True, offer="y")
        assert len(answer.control("sip_password").get("value")) == 24
        assert answer.by_id("section-sip").tag == "section"

    def test_enter_saves(self, admin, tenant):
        form = admin.get(edit_url(tenant, "sip")).form()
        buttons = [b for b in dom.elements(form, "button") if b.get("type") != "button"]
        assert [b.get("name") for b in buttons] == [None, "offer", None]

    def test_stands_beside_the_field_and_removal_quietly_below(self, admin, tenant):
        form = admin.get(edit_url(tenant, "sip"))
        beside = form.control("sip_password").getparent()
        assert [dom.words(b) for b in dom.elements(beside, "button")] == [
            "Show password",
            "Generate password",
        ]
        assert "remove_sip_password" not in form.fields
        revise(tenant, Action.TENANT_SIP, sip_password="long enough 7")
        controls = [e.get("name") for e in admin.get(edit_url(tenant, "sip")).form().iter("input")]
        at = controls.index("sip_password")
        assert controls[at + 1 : at + 3] == ["remove_sip_password", "reason"]

    def test_is_made_for_no_other_section(self, admin, tenant):
        answer = admin.edit(tenant, "billing", 303, offer="y", max_concurrent_calls=5)
        assert answer.status == 303
        assert fresh(tenant).max_concurrent_calls == 5

    def test_is_made_of_letters_that_are_not_confused(self):
        made = "".join(password_generator.generate_sip_password() for _ in range(200))
        assert made.isascii()
        assert made.isalnum()
        assert not set(made) & set("0O1lI")


class TestInTheWizard:
    def test_stands_in_the_step_and_is_stored_with_it(self, sign_in, tenant, secrets):
        owner = sign_in("owner", tenant)
        for step in ("organisation", "billing"):
            owner.post_form(f"/onboarding/{step}", 303, go="next")
        form = owner.get("/onboarding/sip")
        with unchanged():
            answer = owner.submit(form, 200, offer="y", sip_username="other")
        password = answer.control("sip_password").get("value")
        assert (len(password), answer.field("sip_username")) == (password_generator.LENGTH, "other")
        assert answer.errors == {}
        focused = [e for e in answer.by_id("wizard").iter() if e.get("autofocus") is not None]
        assert focused == [answer.control("sip_password")]
        secrets.add(password)
        owner.submit(answer, 303, go="next")
        assert fresh(tenant).sip_password == password
        assert owner.get("/onboarding/sip").control("sip_password").get("value") is None

    def test_is_made_for_no_other_step(self, sign_in, tenant):
        owner = sign_in("owner", tenant)
        owner.post_form("/onboarding/organisation", 303, offer="y", name="Renamed")
        assert fresh(tenant).name == "Renamed"
