"""What staff and owners see of the onboarding, and of each other's visits."""

import pytest

from tests.factories import an_actor, make_tenant, make_user, revise
from tests.web.pages import PASSWORD
from tests.web.saved import fresh
from tests.web.test_wizard import go, walk
from webui.history.record.actions import Action
from webui.models.columns import now
from webui.webhooks.signing_secret import new_signing_secret

pytestmark = pytest.mark.through_the_page


@pytest.fixture
def support(sign_in):
    return sign_in("support")


class TestStaff:
    def test_see_where_a_tenant_is_stuck(self, owner, support, tenant):
        assert "Not started yet." in support.get(f"/tenants/{tenant.id}").words
        walk(owner, "sip")
        go(owner, "sip", way="skip")
        words = support.get(f"/tenants/{tenant.id}").words
        assert "At step 4 of 7: Recording" in words
        assert "Done: Organisation, Plan. Skipped: SIP." in words
        assert "Onboarding: Recording" in support.get("/tenants").words
        walk(owner, "review")
        go(owner, "review")
        assert "Finished" in support.get(f"/tenants/{tenant.id}").words
        assert "Onboarding: " not in support.get("/tenants").words

    def test_can_filter_for_the_stuck_ones(self, support, tenant):
        make_tenant(name="All Done", onboarded_at=now())
        page = support.get("/tenants?onboarding=open")
        assert "Northwind" in page.words and "All Done" not in page.words
        assert "Onboarding: Open" in page.words
        assert [
            o.get("value") for o in page.by_id("onboarding").iter() if o.get("selected") is not None
        ] == ["open"]
        page = support.get("/tenants?onboarding=done")
        assert "Northwind" not in page.words and "All Done" in page.words


class TestOwner:
    def test_has_a_checklist_until_the_end(self, owner, support, tenant):
        walk(owner, "features")
        words = owner.get(f"/tenants/{tenant.id}").words
        assert "Finish setting up" in words
        assert "Continue with Recording" in words
        assert "SIP skipped" in words
        assert "Finish setting up" not in support.get(f"/tenants/{tenant.id}").words
        walk(owner, "review")
        go(owner, "review")
        assert "Finish setting up" not in owner.get(f"/tenants/{tenant.id}").words

    def test_sees_what_the_plans_allow_beside_the_fields(self, owner, support, tenant):
        billing = f"/tenants/{tenant.id}/billing/edit"
        assert "Up to 10 on Starter, 100 on Business" in owner.get(billing).words
        assert "Up to 10 on Starter" not in support.get(billing).words
        compliance = f"/tenants/{tenant.id}/compliance/edit"
        assert "Part of the Enterprise plan; yours is Starter." in owner.get(compliance).words
        assert "Part of the Enterprise" not in support.get(compliance).words

    def test_is_not_told_what_only_staff_can_use(self, owner, support, tenant):
        revise(tenant, Action.TENANT_SIP, sip_password="hunter2hunter2")
        path = f"/tenants/{tenant.id}"
        for words in ("not verified", "encrypted, key k"):
            assert words in support.get(path).words
            assert words not in owner.get(path).words
        assert owner.user.email in owner.get(path).words

    def test_is_told_that_a_closed_organisation_can_only_be_read(self, sign_in, support):
        tenant = make_tenant(status="inactive")
        page = sign_in("owner", tenant).get(f"/tenants/{tenant.id}")
        assert "This organisation is closed: it can be read, not changed." in page.words
        assert f"All services are stopped since {fresh(tenant).created_at:%H:%M}." in page.words
        assert "contact our support team" in page.words
        assert "Finish setting up" not in page.words
        assert "it can be read" not in support.get(f"/tenants/{tenant.id}").words

    def test_is_told_what_is_stopped_since_when_and_whom_to_ask(self, owner, support, tenant):
        path = f"/tenants/{tenant.id}"
        assert 'id="stopped"' not in owner.get(path).text
        revise(tenant, Action.TENANT_STATUS, status="suspended", blocked_services=["calls"])
        at = f"{fresh(tenant).updated_at:%H:%M}"
        for url in (path, "/onboarding/organisation"):
            page = owner.get(url)
            assert f"Stopped now: calls. Since {at}. " in page.words_of("stopped"), url
            assert "Questions? Ask our support team." in page.words_of("stopped"), url
            assert "for a test" not in page.words
        revise(tenant, Action.TENANT_STATUS, blocked_services=["calls", "sip"])
        words = owner.get(path).words_of("stopped")
        assert f"SIP since {fresh(tenant).updated_at:%H:%M}. Calls since {at}. " in words
        page = support.get(path)
        assert "Questions? Ask" not in page.words
        assert "SIP: " in page.words_of("tenant-now")

    def test_is_not_promised_what_does_not_run(self, owner, tenant):
        walk(owner, "review")
        revise(tenant, Action.TENANT_STATUS, status="suspended", blocked_services=["calls"])
        revise(tenant, Action.TENANT_ONBOARDED, onboarded_at=now())
        page = owner.get("/onboarding/done")
        assert "Stopped now: calls." in page.words_of("stopped")
        assert "in force now" not in page.words
        assert "Try a call" not in page.words

    def test_is_not_promised_events_before_there_is_a_secret(self, owner, tenant):
        walk(owner, "review")
        address = "https://hooks.example.com/x"
        revise(tenant, Action.TENANT_ONBOARDED, onboarded_at=now())
        revise(tenant, Action.TENANT_WEBHOOK, webhook_url=address)
        page = owner.get("/onboarding/done")
        assert "We send events" not in page.words
        assert f"/tenants/{tenant.id}/webhook/secret" in page.text
        revise(tenant, Action.TENANT_WEBHOOK, webhook_secret=new_signing_secret())
        assert "We send events" in owner.get("/onboarding/done").words

    def test_is_signed_out_at_once_when_blocked(self, owner, tenant):
        owner.get(f"/tenants/{tenant.id}")
        revise(tenant, Action.TENANT_STATUS, status="blocked")
        assert owner.get(f"/tenants/{tenant.id}", 303).location.startswith("/login")


class TestSinceTheLastVisit:
    def again(self, owner):
        """Comes back: the line is about what happened since the visit before."""
        owner.client.delete_cookie("session")
        owner.sign_in(owner.user.username)
        return owner.get(f"/tenants/{owner.user.tenant_id}").words

    def test_says_what_support_changed_and_goes_with_the_next_visit(self, owner, tenant):
        assert "Since your last visit" not in owner.get(f"/tenants/{tenant.id}").words
        revise(tenant, Action.TENANT_FEATURES, retention_days=7)
        revise(tenant, Action.TENANT_BILLING, max_concurrent_calls=5)
        words = self.again(owner)
        assert "the support team changed the plan and limits and recording and analytics" in words
        assert "tester" not in words
        assert "Since your last visit" not in self.again(owner)

    def test_says_once_that_the_secret_changed_however_it_did(self, owner, tenant):
        news = "the support team changed the webhook’s secret."
        revise(tenant, Action.WEBHOOK_SECRET_ROTATED, webhook_secret="whsec_one")
        revise(tenant, Action.WEBHOOK_SECRET_ENDED, webhook_secret="whsec_two")
        assert news in self.again(owner)
        revise(tenant, Action.WEBHOOK_SECRET_ENDED, webhook_secret=None)
        assert news in self.again(owner)

    def test_says_nothing_of_own_changes_and_other_tenants(self, owner, tenant, sign_in):
        me = an_actor(owner.user)
        revise(tenant, Action.TENANT_FEATURES, actor=me, retention_days=7)
        revise(make_tenant(), Action.TENANT_FEATURES, retention_days=7)
        make_user("owner", tenant, PASSWORD)
        assert "Since your last visit" not in self.again(owner)
        assert fresh(tenant).retention_days == 7

    def test_is_for_owners_alone(self, support, tenant):
        revise(tenant, Action.TENANT_FEATURES, retention_days=7)
        support.client.delete_cookie("session")
        support.sign_in(support.user.username)
        assert "Since your last visit" not in support.get(f"/tenants/{tenant.id}").words
