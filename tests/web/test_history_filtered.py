"""What the filtered history shows: nothing, rows, and what is for which reader."""

from datetime import UTC, datetime

import pytest

from tests.factories import an_actor, revise
from tests.web import dom
from tests.web.pages import tenant_url
from tests.web.test_history_filters import chips, entry, links
from webui.history.record.actions import Action


class TestEmpty:
    @pytest.mark.parametrize(
        ("query", "says"),
        [
            ("outcome=failed", "Entries are never deleted, so nothing of the kind happened."),
            ("q=overd", "by whole words: “overd” does not find “overdue”."),
            ("address=10.1", "An address is compared as a whole."),
            ("request=4711", "A request id is compared as a whole."),
        ],
    )
    def test_page_claims_only_what_the_search_proves(self, admin, tenant, query, says):
        for filters in (query, f"{query}&outcome=failed"):
            words = admin.get(f"/audit?{filters}").words_of("history-empty")
            assert says in words
            assert ("nothing of the kind happened" in words) == ("never deleted" in says)

    def test_page_claims_nothing_about_what_an_owner_does_not_see(self, owner, tenant):
        words = owner.get(f"{tenant_url(tenant, 'audit')}?source=cli").words_of("history-empty")
        assert "No entries match" in words
        assert "happened" not in words

    def test_page_says_what_to_do(self, admin, tenant):
        page = admin.get("/audit?address=10.1.1.1")
        assert "An address is compared as a whole." in page.words_of("history-empty")
        assert links(page)["Show all"] == "/audit"

    def test_is_no_other_spelling_of_an_address(self, admin, app):
        entry(actor=an_actor(address="2001:db8::1"))
        for spelt in ("2001:DB8::1", "2001:0db8:0:0::0001"):
            assert len(admin.get(f"/audit?address={spelt}").history) == 1


class TestReaders:
    def test_owner_cannot_ask_about_staff(self, owner, admin, tenant):
        admin.edit(tenant, "billing", monthly_call_limit=9, reason="secret plan")
        url = tenant_url(tenant, "audit")
        truths = {"actor": admin.user.id, "address": "127.0.0.1", "q": "secret", "request": "r"}
        for name, value in {**truths, "tenant": tenant.id}.items():
            answers = [owner.get(f"{url}?{name}={v}", 400) for v in (value, "zzz")]
            right, wrong = (
                a.words_of("main").replace(a.headers["X-Request-ID"], "") for a in answers
            )
            assert right == wrong
        owner.get(f"{url}?field=meta_data", 400)
        for query in ("find_tenant=Northwind", f"find_actor={admin.user.username}"):
            assert admin.user.username not in owner.get(f"{url}?{query}").words_of("main")

    def test_owner_sees_the_support_team_without_where_and_why(self, owner, admin, tenant):
        admin.edit(tenant, "billing", monthly_call_limit=9, reason="secret plan")
        page = owner.get(f"{tenant_url(tenant, 'audit')}?field=monthly_call_limit&source=ui")
        [row, *_] = page.history
        assert "Support team" in dom.words(row)
        for hidden in (admin.user.username, "127.0.0.1", "secret plan", "admin"):
            assert hidden not in page.text

    def test_owner_gets_no_whole_history(self, owner):
        owner.get("/audit", 403)

    def test_auditor_sees_no_identities(self, sign_in, admin, tenant):
        admin.edit(tenant, "sip", sip_domain="sip.hidden.example")
        page = sign_in("auditor").get("/audit?field=sip_domain")
        assert "sip.hidden.example" not in page.text
        assert "Set the SIP domain to hidden".lower() in page.words.lower()


class TestRows:
    def test_stand_in_groups_by_day(self, admin, tenant, monkeypatch):
        page = admin.get("/audit")
        days = [dom.words(e) for e in dom.elements(page.tree, "th", scope="rowgroup")]
        today = datetime.now(UTC)
        assert days[0] == f"{today:%A} {today.day} {today:%B %Y}"

    def test_fold_long_values_side_by_side(self, admin, tenant):
        long = {"note": "x" * 500}
        revise(tenant, Action.TENANT_ORGANISATION, meta_data=long)
        page = admin.get("/audit")
        [fold, *_] = dom.elements(page.by_id("history"), "details")[-1:]
        assert "Metadata in full" in dom.words(fold)
        assert "x" * 500 in dom.words(fold)
        [cell] = [c for c in page.history[0].findall("td") if c.get("class") == "what"]
        assert "x" * 121 not in dom.words(dom.elements(cell, "ins")[0])

    def test_name_the_tenant_as_it_was(self, admin, tenant):
        revise(tenant, Action.TENANT_ORGANISATION, name="Renamed")
        rows = admin.get("/audit").history
        assert "Renamed: renamed from Northwind to Renamed" in dom.words(rows[0])


def test_lists_of_choices_are_grouped(admin):
    page = admin.get("/audit?action=keys.added")
    groups = {
        name: {
            group.get("label"): [dom.words(option) for option in group]
            for group in dom.elements(page.by_id(name), "optgroup")
        }
        for name in ("action", "field")
    }
    assert groups["action"]["Keys"] == ["Promoted", "Rotated", "Retired"]
    assert list(groups["field"]) == [
        *("Tenant", "Account", "Link", "API token", "Session", "Erased", "Export", "Denied"),
        *("Webhook", "Usage", "Undo"),
    ]
    assert "SIP domain" in groups["field"]["Tenant"]
    assert not dom.elements(page.by_id("source"), "optgroup")
    assert chips(page) == ["Action: Keys: added"]
