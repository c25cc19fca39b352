"""The page of one entry: everything recorded, and what stands around it."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import delete, select

from tests import tampering
from tests.factories import an_actor, make_tenant, revise
from tests.web import dom
from tests.web.pages import tenant_url
from webui.accounts.sessions.user_agents import describe_agent
from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action
from webui.history.record.log import record
from webui.models import AuditEntry, Tenant
from webui.models.columns import Audited
from webui.models.tenant.tenant import Change

NAMED = Change("username", Audited.PLAIN, None, "dana")


def entries(tenant):
    """A tenant's entries, oldest first."""
    query = select(AuditEntry).where(AuditEntry.tenant_id == tenant.id).order_by(AuditEntry.seq)
    return list(db.session.scalars(query))


def url_of(entry):
    return f"/audit/{entry.id}"


def links(answer):
    return {
        a.get("aria-label") or dom.words(a): a.get("href") for a in dom.elements(answer.tree, "a")
    }


def changes(answer):
    """Field -> (before, after) as the table shows them."""
    [table] = [t for t in dom.elements(answer.tree, "table") if "changes" in t.get("class")]
    rows = table.findall("tbody/tr")
    return {dom.words(r.find("th")): tuple(map(dom.words, r.findall("td")[:2])) for r in rows}


@pytest.mark.through_the_page
class TestPage:
    def test_shows_everything_that_was_recorded(self, admin, tenant):
        admin.edit(tenant, "billing", monthly_call_limit=9, reason="ticket 1")
        entry = entries(tenant)[-1]
        body = json.loads(entry.body)
        page = admin.get(url_of(entry))
        told = [
            *(body["actor"]["name"], body["actor"]["id"], body["actor"]["role"], "ticket 1"),
            *(body["request"], body["address"], body["agent"], body["prev"], entry.hash),
            *(str(entry.id), "tenant.billing.updated", "Success", "Northwind", entry.body),
        ]
        assert [word for word in told if word not in page.words] == []
        assert changes(page) == {"Monthly call limit": ("1,000", "9")}
        assert "the newest entry" in page.words

    def test_says_how_many_follow_in_the_chain(self, admin, tenant):
        for limit in (1, 2):
            revise(tenant, Action.TENANT_BILLING, monthly_call_limit=limit)
        # The day's first reading of the history is an entry of its own.
        admin.get("/audit")
        for entry, words in zip(entries(tenant), ("3 entries", "2 entries"), strict=False):
            assert f"{words} after it" in admin.get(url_of(entry)).words

    def test_says_that_a_secret_cannot_be_undone(self, sign_in, admin, tenant, secrets):
        secrets.add("hunter2hunter2")
        admin.edit(tenant, "sip", sip_password="hunter2hunter2")
        url = url_of(entries(tenant)[-1])
        words = "Secrets are not kept in the history, so they cannot be undone."
        assert words in admin.get(url).words
        # Who undoes nothing is not told so.
        assert words not in sign_in("auditor").get(url).words

    def test_shows_the_creation_with_every_value(self, admin, tenant):
        shown = changes(admin.get(url_of(entries(tenant)[0])))
        assert shown["Name"] == ("nothing", "Northwind")
        assert shown["Record calls"] == ("nothing", "on")
        assert shown["Stopped services"] == ("nothing", "none")
        assert len(shown) > 10
        # What it was created without did not change.
        assert ("nothing", "nothing") not in shown.values()

    def test_shows_times_as_everywhere(self, sign_in):
        at = datetime(2026, 1, 2, 23, 4, 5, tzinfo=UTC)
        changed = [
            Change("valid_until", Audited.PLAIN, None, at),
            Change("webhook_secret_previous_until", Audited.PLAIN, at, None),
        ]
        with write_transaction():
            record(Action.RESET_LINK_ISSUED, an_actor(), changes=[NAMED, *changed])
        made = select(AuditEntry).where(AuditEntry.action == Action.RESET_LINK_ISSUED)
        browser = sign_in("admin", time_zone="Asia/Tokyo")
        page = browser.get(url_of(db.session.scalars(made).one()))
        words = "3 Jan 2026 08:04:05 JST (2 Jan 23:04:05 UTC)"
        shown = changes(page)
        assert shown["Link: valid until"] == ("nothing", words)
        assert shown["Old webhook secret valid until"] == (words, "nothing")

    def test_never_shows_a_secret(self, admin, tenant, secrets):
        secrets.add("hunter2hunter2")
        admin.edit(tenant, "sip", sip_password="hunter2hunter2", sip_domain="a.example")
        page = admin.get(url_of(entries(tenant)[-1]))
        assert changes(page) == {
            "SIP domain": ("nothing", "a.example"),
            "SIP password": ("nothing", "set"),
        }

    def test_leads_to_the_changes_before_and_after(self, admin, tenant):
        other = make_tenant(name="Other")
        for limit in (1, 2):
            revise(tenant, Action.TENANT_BILLING, monthly_call_limit=limit)
            revise(other, Action.TENANT_BILLING, monthly_call_limit=limit)
            revise(tenant, Action.TENANT_FEATURES, retention_days=limit)
        created, first, between, second, last = entries(tenant)
        found = links(admin.get(url_of(first)))
        assert found["Earlier change"] == url_of(created)
        assert found["Later change"] == url_of(between)
        assert found["Earlier change of Monthly call limit"] == url_of(created)
        assert found["Later change of Monthly call limit"] == url_of(second)
        assert links(admin.get(url_of(second)))["Earlier change"] == url_of(between)
        assert "Later change" not in links(admin.get(url_of(last)))
        assert "Earlier change" not in links(admin.get(url_of(created)))

    def test_lists_what_else_the_request_did(self, admin, tenant):
        actor = an_actor(request=str(uuid4()))
        revise(tenant, Action.TENANT_BILLING, actor=actor, monthly_call_limit=3)
        with write_transaction():
            record(Action.SIGNED_OUT, actor)
        page = admin.get(url_of(entries(tenant)[-1]))
        assert "Signed out" in page.words_of("main")
        assert "Also in the same request" in page.words

    def test_of_a_sign_in_has_no_tenant(self, admin):
        entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
        page = admin.get(url_of(entry))
        assert "Signed in" in page.words
        assert links(page)["History"] == "/audit"


class TestLines:
    def test_of_metadata_that_stay_are_not_marked(self, admin, tenant):
        before, after = {"crm": "HS-1", "tier": "gold"}, {"crm": "HS-1", "tier": "lead"}
        admin.edit(tenant, "organisation", meta_data=json.dumps(before))
        admin.edit(tenant, "organisation", meta_data=json.dumps(after))
        page = admin.get(url_of(entries(tenant)[-1]))
        [lines] = dom.elements(page.tree, "div", class_="line-diff")
        marked = [(line.tag, dom.words(line)) for line in lines if line.tag != "span"]
        assert marked == [("del", '"tier": "gold"'), ("ins", '"tier": "lead"')]
        assert '"crm": "HS-1",' in dom.words(lines)


class TestActor:
    def test_has_a_browser_in_words_and_a_link_to_the_account(self, sign_in, admin, tenant):
        owner = sign_in("owner", tenant)
        support = sign_in("support")
        admin.edit(tenant, "billing", monthly_call_limit=9)
        entry = entries(tenant)[-1]
        agent = json.loads(entry.body)["agent"]
        assert describe_agent(agent) in admin.get(url_of(entry)).words
        staff = admin.user
        for reader, url in (
            (admin, "/account"),
            (sign_in("auditor"), f"/users/{staff.id}"),
            (support, None),
            (owner, None),
        ):
            assert links(reader.get(url_of(entry))).get(staff.username) == url
        owner.edit(tenant, "billing", monthly_call_limit=8)
        by_owner = url_of(entries(tenant)[-1])
        assert links(support.get(by_owner))[owner.user.username] == f"/users/{owner.user.id}"


class TestOutliving:
    def test_entries_of_a_tenant_that_is_gone_are_found_and_shown(self, admin, tenant, app):
        url, tenant_id = url_of(entries(tenant)[0]), tenant.id
        with tampering.without_guards() as connection:
            connection.execute(delete(Tenant.__table__).where(Tenant.id == tenant_id))
        assert "Created the tenant Northwind" in admin.get(url).words
        page = admin.get(f"/audit?tenant={tenant_id}")
        assert len(page.history) == 1
        assert "Northwind ×" in page.words


class TestReaders:
    @pytest.fixture
    def edited(self, admin, tenant):
        admin.edit(
            tenant, "organisation", name="Southwind", meta_data='{"crm":1}', reason="secret plan"
        )
        return entries(tenant)[-1]

    def test_owner_sees_their_own_without_staff(self, owner, admin, edited):
        page = owner.get(url_of(edited))
        assert changes(page) == {"Name": ("Northwind", "Southwind")}
        assert "Support team" in page.words
        told = (admin.user.username, "127.0.0.1", "secret plan", "crm")
        for hidden in (*told, edited.hash, edited.request):
            assert hidden not in page.text

    def test_owner_sees_of_a_request_only_the_own_tenant(self, owner, tenant):
        actor = an_actor(request="one request")
        revise(tenant, Action.TENANT_BILLING, actor=actor, monthly_call_limit=3)
        revise(make_tenant(name="Foreign"), Action.TENANT_BILLING, actor=actor, retention_days=3)
        assert "Foreign" not in owner.get(url_of(entries(tenant)[-1])).text

    def test_owner_finds_others_absent(self, owner, sign_in):
        foreign = entries(make_tenant())[0]
        signed_in = db.session.scalars(select(AuditEntry).where(AuditEntry.tenant_id.is_(None)))
        for entry in (foreign, signed_in.first()):
            owner.get(url_of(entry), 404)

    def test_auditor_sees_no_identity(self, sign_in, admin, tenant):
        admin.edit(tenant, "sip", sip_domain="sip.hidden.example")
        page = sign_in("auditor").get(url_of(entries(tenant)[-1]))
        assert changes(page) == {"SIP domain": ("nothing", "hidden")}
        assert "sip.hidden.example" not in page.text

    def test_fragment_is_the_same_without_the_layout(self, admin, edited):
        assert "Southwind" in admin.get(url_of(edited), htmx=True).words

    def test_links_from_the_tenants_page(self, admin, tenant, edited):
        page = admin.get(tenant_url(tenant))
        link, _undo = dom.elements(page.history[0], "a")
        assert link.get("href") == url_of(edited)
