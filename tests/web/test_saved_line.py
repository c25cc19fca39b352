"""After a save the page says what was saved, and leads back."""

from tests.history import last_body
from tests.web import dom
from tests.web.pages import REASON, edit_url, tenant_url
from tests.web.saved import fresh
from webui.history.record.actions import Action

LINE = "Saved: monthly call limit 1,000 → 700 · Undo what was just saved"


def card(person, tenant):
    return person.get(tenant_url(tenant)).words_of("section-billing")


class TestSavedLine:
    def test_stands_once_and_in_its_card_only(self, admin, tenant):
        admin.edit(tenant, "billing", monthly_call_limit=700)
        page = admin.get(tenant_url(tenant))
        assert page.words.count("Saved: ") == 1
        assert LINE in page.words_of("section-billing")
        assert "Saved: " not in admin.get(tenant_url(tenant)).words

    def test_of_a_second_click_is_the_same(self, admin, tenant):
        form = admin.get(edit_url(tenant, "billing"))
        for _ in range(2):
            admin.submit(form, 303, monthly_call_limit=700, reason=REASON)
        assert LINE in card(admin, tenant)
        answer = admin.submit(form, 200, htmx=True, monthly_call_limit=700, reason=REASON)
        assert LINE in answer.words_of("section-billing")
        assert fresh(tenant).version == 2

    def test_of_an_owner_has_no_undo(self, owner, tenant):
        owner.edit(tenant, "billing", monthly_call_limit=700)
        assert "Saved: monthly call limit 1,000 → 700" in card(owner, tenant)
        assert "Undo" not in owner.get(tenant_url(tenant)).words

    def test_is_no_message_for_another_tenant_or_for_an_entry_that_is_none(self, admin, tenant):
        admin.edit(tenant, "billing", monthly_call_limit=700)
        with admin.client.session_transaction() as cookie:
            assert cookie["_flashes"] == [("saved", last_body()["id"])]
            cookie["_flashes"] = [("saved", str(tenant.id))]
        page = admin.get(tenant_url(tenant))
        assert "Saved" not in page.words

    def test_of_an_undo_says_what_is_back(self, admin, tenant):
        admin.edit(tenant, "billing", monthly_call_limit=700)
        page = admin.get(tenant_url(tenant))
        [undo] = [
            a.get("href")
            for a in dom.elements(page.by_id("section-billing"), "a")
            if dom.words(a).startswith("Undo what was")
        ]
        admin.post_form(undo, 303, reason=REASON)
        assert "Undone: monthly call limit 700 → 1,000 · Undo" in card(admin, tenant)
        assert last_body()["action"] == Action.TENANT_BILLING

    def test_never_shows_a_secret(self, admin, tenant, secrets):
        secrets.add("hunter2hunter2")
        admin.edit(tenant, "sip", sip_password="hunter2hunter2")
        assert "Saved: SIP password set" in admin.get(tenant_url(tenant)).words
        answer = admin.edit(tenant, "sip", htmx=True, sip_password="hunter2hunter22")
        assert "Saved: SIP password replaced" in answer.words
