"""The tenant page: everything that is known of a tenant, by what the reader may see."""

import re
from datetime import timedelta

import pytest

from tests import raw
from tests.factories import an_actor, make_tenant, make_user, revise
from tests.web import dom
from tests.web.pages import tenant_url
from webui.core.catalogue import FIELDS
from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action
from webui.history.record.log import record
from webui.models.columns import now
from webui.tenants.core.sections import SECTIONS

FULL = {
    "name": "Full House عيادة",
    "billing_plan": "business",
    "max_concurrent_calls": 250,
    "monthly_call_limit": 40_000,
    "sip_enabled": True,
    "sip_domain": "sip.full.example:5070",
    "sip_username": "trunk-17",
    "sip_password": "never shown anywhere",
    "recording_enabled": False,
    "recording_format": "wav",
    "retention_days": 1,
    "hipaa_enabled": True,
    "webhook_url": "https://hooks.full.example/t/abc123",
    "webhook_timeout_seconds": 1,
    "webhook_secret": "whsec_never-shown-either",
    "meta_data": {"crm": "C-17", "tags": ["a", "<b>"], "عميل": 1},
    "onboarded_at": now() - timedelta(days=3),
}
IDENTITIES = ("sip.full.example", "trunk-17", "hooks.full.example")


@pytest.fixture
def full(app, secrets):
    secrets |= {FULL["sip_password"], FULL["webhook_secret"]}
    return make_tenant(**FULL)


def facts(page, name):
    """Label -> value of a card."""
    lines = page.by_id(f"section-{name}").findall(".//dl/div")
    return {dom.words(line.find("dt")): dom.words(line.find("dd")) for line in lines}


class TestCards:
    def test_show_every_field(self, admin, full):
        page = admin.get(tenant_url(full))
        for name, section in SECTIONS.items():
            labels = [FIELDS[field].label for field in section.fields]
            assert list(facts(page, name))[: len(labels)] == labels
        assert facts(page, "organisation")["Name"] == FULL["name"]
        metadata = 'crm: "C-17" tags: ["a","<b>"] عميل: 1'
        assert facts(page, "organisation")["Metadata"] == metadata
        assert facts(page, "billing") == {
            "Billing plan": "Business 100 calls at once, 50,000 calls a month",
            "Concurrent calls": "250 above the plan's 100",
            "Monthly call limit": "40,000",
        }
        sip = facts(page, "sip")
        assert re.fullmatch(
            r"Set on \d+ \w+ \d{4} by tester · encrypted, key k1", sip.pop("Password")
        )
        assert sip == {
            "SIP calling": "On",
            "Domain": "sip.full.example:5070",
            "Username": "trunk-17",
        }
        assert facts(page, "features") == {
            "Record calls": "Off",
            "Format": "wav",
            "Keep recordings for": "1 day",
            "Analytics": "On",
        }
        assert facts(page, "compliance") == {
            "HIPAA": "On",
            "PCI DSS": "Off",
            "Encrypt stored data": "On",
        }
        webhook = facts(page, "webhook")
        assert webhook.pop("Signing secret").startswith("Set on ")
        assert webhook == {"URL": FULL["webhook_url"], "Timeout": "1 second"}

    def test_show_what_is_not_set(self, admin, tenant):
        page = admin.get(tenant_url(tenant))
        assert facts(page, "organisation")["Metadata"] == "None"
        assert set(facts(page, "sip").values()) == {"Off", "Not set"}
        assert facts(page, "webhook")["URL"] == "Not set"

    def test_stand_in_order_between_header_and_history(self, admin, full):
        page = admin.get(tenant_url(full))
        ids = [e.get("id") for e in dom.elements(page.tree) if e.get("id")]
        wanted = ["tenant-header", *(f"section-{name}" for name in SECTIONS)]
        wanted += ["tenant-now", "tenant-more", "history"]
        assert [name for name in ids if name in wanted] == wanted

    def test_lead_to_their_forms(self, admin, full):
        page = admin.get(tenant_url(full))
        for name in SECTIONS:
            edit, *_ = dom.elements(page.by_id(f"section-{name}"), "a")
            url = tenant_url(full, name, "edit")
            assert (edit.get("href"), edit.get("hx-get")) == (url, url)
            assert edit.get("hx-target") == f"#section-{name}"

    def test_are_answered_one_by_one(self, admin, full):
        whole = admin.get(tenant_url(full))
        for name in SECTIONS:
            card = admin.get(tenant_url(full, name), htmx=True)
            assert facts(card, name) == facts(whole, name)
            assert len(dom.elements(card.tree, "section")) == 1
            plain = admin.get(tenant_url(full, name), 303)
            assert plain.location == f"{tenant_url(full)}#section-{name}"

    def test_of_other_names_do_not_exist(self, admin, full):
        for name in ("status2", "Billing", "owners", "__class__"):
            admin.get(tenant_url(full, name), 404)
            admin.get(tenant_url(full, name, "edit"), 404)


class TestHeader:
    def test_says_who_it_is(self, admin, full):
        page = admin.get(tenant_url(full))
        header = page.words_of("tenant-header")
        assert dom.words(dom.elements(page.tree, "h1")[0]) == FULL["name"]
        for part in ("Active", "Business", str(full.id), "created", "changed just now by tester"):
            assert part in header
        [action] = dom.elements(page.by_id("tenant-header"), "a")
        assert action.get("href") == tenant_url(full, "status")
        assert dom.elements(page.tree, "title")[0].text.startswith(FULL["name"])

    def test_tells_times_exactly(self, admin, tenant):
        page = admin.get(tenant_url(tenant))
        times = dom.elements(page.by_id("tenant-header"), "time")
        assert [time.get("datetime") for time in times] == [
            tenant.created_at.isoformat(),
            tenant.updated_at.isoformat(),
        ]
        assert all(time.get("title").endswith(" UTC") for time in times)


class TestAuditor:
    def test_reads_everything_but_identities(self, sign_in, full, secrets):
        secrets.update(IDENTITIES)
        page = sign_in("auditor").get(tenant_url(full))
        assert facts(page, "sip")["Domain"] == "hidden"
        assert facts(page, "sip")["Username"] == "hidden"
        assert facts(page, "webhook")["URL"] == "hidden"
        assert "C-17" in facts(page, "organisation")["Metadata"]
        assert "set by domain hidden" not in page.words
        revise(full, Action.TENANT_SIP, sip_domain="other.full.example")
        secrets.add("other.full.example")
        after = sign_in("auditor").get(tenant_url(full))
        assert "Changed the SIP domain from hidden to hidden" in after.words_of("history")

    def test_is_offered_no_change(self, sign_in, full):
        auditor = sign_in("auditor")
        page = auditor.get(tenant_url(full))
        links = {a.get("href") for a in dom.elements(page.tree, "a")}
        assert not [link for link in links if link.endswith(("/edit", "/status", "/new"))]
        assert not dom.elements(dom.elements(page.tree, "main")[0], "form")

    def test_sees_what_is_not_set(self, sign_in, tenant):
        page = sign_in("auditor").get(tenant_url(tenant))
        assert facts(page, "sip")["Domain"] == "Not set"


class TestOwner:
    def test_reads_the_own_values(self, sign_in, full):
        page = sign_in("owner", full).get(tenant_url(full))
        assert facts(page, "sip")["Domain"] == FULL["sip_domain"]
        assert facts(page, "webhook")["URL"] == FULL["webhook_url"]
        assert list(facts(page, "organisation")) == ["Name"]

    def test_learns_nothing_about_staff(self, sign_in, full, secrets):
        secrets |= {"ada.support", "angry customer", "C-17", "C-18", "192.0.2.77", "StaffBrowser"}
        staff = make_user("support", username="ada.support")
        actor = an_actor(staff, address="192.0.2.77", agent="StaffBrowser")
        with write_transaction():
            row = db.session.get_one(type(full), full.id)
            changes = row.revise({"meta_data": {"crm": "C-18"}, "retention_days": 5})
            db.session.flush()
            record(
                Action.TENANT_ORGANISATION,
                actor,
                tenant=row,
                changes=changes,
                reason="angry customer",
            )
        revise(
            full, Action.TENANT_STATUS, actor=actor, status="suspended", blocked_services=["sip"]
        )
        owner = sign_in("owner", full)
        for url in (tenant_url(full), tenant_url(full, "audit")):
            page = owner.get(url)
            assert "Support team" in page.words_of("history")
            assert "for a test" not in page.words
            assert "Reason" not in page.words_of("history")
        assert "Support team" in owner.get(tenant_url(full)).words_of("tenant-now")
        assert "by Support team" in owner.get(tenant_url(full)).words_of("tenant-header")

    def test_is_named_to_staff_and_to_other_owners(self, sign_in, tenant):
        maria = sign_in("owner", tenant, username="maria")
        maria.edit(tenant, "features", retention_days=30)
        for reader in (maria, sign_in("owner", tenant), sign_in("support")):
            assert "maria owner" in reader.get(tenant_url(tenant)).words_of("history")

    def test_of_a_closed_tenant_is_offered_no_change(self, sign_in):
        closed = make_tenant(status="inactive")
        owner = sign_in("owner", closed)
        page = owner.get(tenant_url(closed))
        assert not [a for a in dom.elements(page.tree, "a") if a.get("href").endswith("/edit")]
        for name in SECTIONS:
            assert (
                "can be read, not changed" in owner.get(tenant_url(closed, name, "edit"), 403).words
            )


class TestState:
    def test_of_an_active_tenant(self, admin, tenant):
        words = admin.get(tenant_url(tenant)).words_of("tenant-now")
        assert words.startswith("Nothing is stopped")
        assert "Running: agents, analytics, calls, recordings." in words
        assert "Switched off in the settings: SIP." in words

    def test_says_what_is_stopped_since_when_by_whom_and_why(self, sign_in, tenant):
        ada = sign_in("support", username="ada")
        form = ada.get(tenant_url(tenant, "status"))
        services = ["calls", "analytics"]
        ada.submit(form, 303, status="suspended", blocked_services=services, reason="unpaid, #88")
        ada.edit(tenant, "features", analytics_enabled=False, reason="later and unrelated")
        words = ada.get(tenant_url(tenant)).words_of("tenant-now")
        assert words.startswith("Stopped now: analytics, calls “unpaid, #88” ada, just now")
        assert "Running: agents, recordings." in words
        assert "unrelated" not in words

    @pytest.mark.parametrize("status", ["inactive", "blocked"])
    def test_of_a_closed_tenant_is_that_nothing_runs(self, admin, status):
        tenant = make_tenant(status=status)
        words = admin.get(tenant_url(tenant)).words_of("tenant-now")
        assert words.startswith("Stopped now: agents, analytics, calls, recordings, SIP")
        assert "Nothing runs." in words


class TestOwners:
    def test_are_named(self, admin, tenant):
        make_user("owner", tenant, username="maria", email="maria@clinic.example")
        make_user("owner", tenant, username="tom", active=False)
        make_user("owner", username="stranger")
        words = admin.get(tenant_url(tenant)).words_of("tenant-more")
        assert "maria maria@clinic.example" in words
        assert "tom Disabled" in words
        assert "stranger" not in words

    def test_are_missing_at_first(self, admin, tenant):
        assert "Nobody yet." in admin.get(tenant_url(tenant)).words_of("tenant-more")

    def test_finish_the_onboarding(self, admin, tenant, full):
        assert "Not started yet." in admin.get(tenant_url(tenant)).words_of("tenant-more")
        assert "Finished " in admin.get(tenant_url(full)).words_of("tenant-more")


class TestUnreadable:
    @pytest.fixture
    def damaged(self, full):
        """The domain was damaged, the webhook moved here from another tenant."""
        other = make_tenant(webhook_url="https://elsewhere.example/", sip_domain="b.example")
        [[domain]] = raw.rows(f"SELECT sip_domain FROM tenants WHERE id = '{full.id.hex}'")
        [[moved]] = raw.rows(f"SELECT webhook_url FROM tenants WHERE id = '{other.id.hex}'")
        flipped = domain[:-5] + ("A" if domain[-5] != "A" else "B") + domain[-4:]
        raw.past_the_guards(
            f"UPDATE tenants SET sip_domain = '{flipped}', webhook_url = '{moved}',"
            f" sip_password = 'e1.lost.AAAA' WHERE id = '{full.id.hex}'"
        )
        return full

    @staticmethod
    def stored(tenant):
        columns = "sip_domain, sip_username, sip_password, webhook_url, webhook_secret"
        return raw.rows(f"SELECT {columns} FROM tenants WHERE id = '{tenant.id.hex}'")

    def test_value_says_so_beside_its_label_only(self, admin, damaged):
        page = admin.get(tenant_url(damaged))
        said = (
            "Cannot be read: it does not match its seal. Somebody changed it outside the console."
        )
        said += " Set it again."
        assert facts(page, "sip")["Domain"] == said
        assert facts(page, "sip")["Username"] == "trunk-17"
        assert facts(page, "webhook")["URL"] == said
        assert "elsewhere" not in page.text
        assert "e1.k1" not in page.text
        assert page.words.count("Cannot be read") == 3

    def test_value_stays_byte_by_byte_when_others_are_saved(self, admin, damaged):
        before = self.stored(damaged)
        admin.edit(damaged, "features", retention_days=77)
        admin.edit(damaged, "webhook", webhook_timeout_seconds=33)
        admin.edit(damaged, "sip", sip_username="trunk-17", sip_enabled=True)
        assert self.stored(damaged) == before

    def test_value_can_be_typed_anew(self, admin, damaged):
        form = admin.get(tenant_url(damaged, "webhook", "edit"))
        assert form.field("webhook_url") == ""
        assert "cannot be read now" in form.words
        admin.edit(damaged, "webhook", webhook_url="https://new.example/hook")
        page = admin.get(tenant_url(damaged))
        assert facts(page, "webhook")["URL"] == "https://new.example/hook"
        assert "webhook URL from cannot be read to https://new.example/hook" in page.words

    def test_value_leaves_list_and_history_as_they_are(self, admin, damaged):
        raw.run("UPDATE audit_sealed SET value = 'e1.k1.AAAA' WHERE field = 'sip_domain'")
        words = admin.get(tenant_url(damaged, "audit")).words
        assert "set the SIP domain to cannot be read" in words
        assert FULL["name"] in admin.get("/tenants").words


class TestCost:
    def test_does_not_grow_with_the_history(self, admin, queries):
        asked = []
        for changes in (3, 60):
            tenant = make_tenant(**{**FULL, "name": f"With {changes}"})
            for number in range(changes):
                revise(tenant, Action.TENANT_SIP, sip_domain=f"sip{number}.example")
            with queries() as seen:
                admin.get(tenant_url(tenant))
            asked.append(len(seen))
        assert asked[0] == asked[1] <= 13
