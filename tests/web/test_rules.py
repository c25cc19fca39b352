"""Rules across fields: SIP, compliance and the ceilings of a plan (DESIGN 2.1)."""

import pytest

from tests import raw
from tests.factories import make_tenant
from tests.history import assert_audited, last_body
from tests.web.pages import REASON, edit_url, tenant_url
from tests.web.saved import fresh
from webui.history.record.actions import Action

PASSWORD = "kept under lock"
SIP = {"sip_domain": "sip.example.com", "sip_username": "trunk", "sip_password": PASSWORD}


@pytest.fixture(autouse=True)
def planted(secrets):
    secrets.add(PASSWORD)


class TestSip:
    def test_on_needs_domain_username_and_password(self, admin, tenant):
        with raw.unchanged():
            answer = admin.edit(tenant, "sip", 422, sip_enabled=True)
        assert list(answer.errors) == ["sip_domain", "sip_username", "sip_password"]
        assert all(error.startswith("SIP needs a ") for error in answer.errors.values())
        assert answer.field("sip_enabled") == "y"

    def test_names_what_is_missing_alone(self, admin, tenant):
        for missing in SIP:
            typed = {**SIP, missing: ""}
            with raw.unchanged():
                answer = admin.edit(tenant, "sip", 422, sip_enabled=True, **typed)
            assert list(answer.errors) == [missing]

    def test_can_be_prepared_while_off_and_then_switched_on(self, admin, tenant):
        admin.edit(tenant, "sip", sip_domain="sip.example.com")
        admin.edit(tenant, "sip", sip_username="trunk")
        admin.edit(tenant, "sip", sip_password=PASSWORD)
        admin.edit(tenant, "sip", sip_enabled=True)
        assert last_body()["changes"] == {"sip_enabled": [False, True]}

    def test_while_on_keeps_what_it_needs(self, admin):
        tenant = make_tenant(sip_enabled=True, **SIP)
        for changes, wrong in (
            ({"sip_domain": ""}, ["sip_domain"]),
            ({"sip_username": "  "}, ["sip_username"]),
            ({"sip_domain": "", "sip_username": ""}, ["sip_domain", "sip_username"]),
            ({"remove_sip_password": True}, ["remove_sip_password"]),
        ):
            with raw.unchanged():
                answer = admin.edit(tenant, "sip", 422, **changes)
            assert list(answer.errors) == wrong
        admin.submit(answer, 303, sip_enabled=False, reason=REASON)
        assert fresh(tenant).sip_enabled is False

    def test_cannot_type_and_remove_a_password_at_once(self, admin):
        tenant = make_tenant(**SIP)
        admin.secrets.add("another one 1")
        with raw.unchanged():
            answer = admin.edit(
                tenant, "sip", 422, sip_password="another one 1", remove_sip_password=True
            )
        assert list(answer.errors) == ["remove_sip_password"]

    def test_binds_owners_too(self, owner, tenant):
        with raw.unchanged():
            owner.edit(tenant, "sip", 422, sip_enabled=True, sip_domain="sip.example.com")
        owner.edit(tenant, "sip", sip_enabled=True, **SIP)
        assert fresh(tenant).sip_enabled is True


class TestCompliance:
    @pytest.mark.parametrize(
        ("on", "named"),
        [
            (["hipaa_enabled"], "HIPAA"),
            (["pci_enabled"], "PCI DSS"),
            (["hipaa_enabled", "pci_enabled"], "HIPAA or PCI DSS"),
        ],
    )
    def test_needs_encryption(self, admin, tenant, on, named):
        boxes = dict.fromkeys(on, True)
        with raw.unchanged():
            answer = admin.edit(tenant, "compliance", 422, data_encryption_enabled=False, **boxes)
        assert answer.errors == {"data_encryption_enabled": f"Must be on while {named} is on."}
        admin.submit(answer, 303, data_encryption_enabled=True, reason=REASON)
        with raw.unchanged():
            admin.edit(tenant, "compliance", 422, data_encryption_enabled=False)
        both_off = {"hipaa_enabled": False, "pci_enabled": False}
        admin.edit(tenant, "compliance", data_encryption_enabled=False, **both_off)
        assert fresh(tenant).data_encryption_enabled is False

    @pytest.mark.parametrize("plan", ["starter", "business", "enterprise"])
    def test_is_for_owners_on_enterprise_only(self, sign_in, plan):
        tenant = make_tenant(billing_plan=plan)
        owner = sign_in("owner", tenant)
        expected = 303 if plan == "enterprise" else 422
        for name in ("hipaa_enabled", "pci_enabled"):
            answer = owner.edit(tenant, "compliance", expected, **{name: True})
            assert getattr(fresh(tenant), name) is (expected == 303)
            if expected == 422:
                assert list(answer.errors) == [name]
                assert "Enterprise does." in answer.errors[name]

    def test_that_staff_switched_on_stays_with_the_owner(self, sign_in):
        tenant = make_tenant(hipaa_enabled=True)
        owner = sign_in("owner", tenant)
        with raw.unchanged():
            owner.edit(tenant, "compliance")
        with raw.unchanged():
            owner.edit(tenant, "compliance", 422, pci_enabled=True)
        owner.edit(tenant, "compliance", hipaa_enabled=False)
        with raw.unchanged():
            owner.edit(tenant, "compliance", 422, hipaa_enabled=True)

    def test_is_for_staff_on_every_plan(self, sign_in, tenant):
        sign_in("support").edit(tenant, "compliance", hipaa_enabled=True, pci_enabled=True)
        assert fresh(tenant).pci_enabled is True


CALLS, MONTH = "max_concurrent_calls", "monthly_call_limit"


class TestOwnersCeiling:
    @pytest.mark.parametrize(
        ("plan", "calls", "month"),
        [("starter", 10, 1_000), ("business", 100, 50_000), ("enterprise", 1_000, 2**53 - 1)],
    )
    def test_is_the_plans(self, sign_in, plan, calls, month):
        tenant = make_tenant(billing_plan=plan, max_concurrent_calls=1, monthly_call_limit=1)
        owner = sign_in("owner", tenant)
        for field, top in ((CALLS, calls), (MONTH, month)):
            with raw.unchanged():
                answer = owner.edit(tenant, "billing", 422, htmx=True, **{field: top + 1})
            assert list(answer.errors) == [field]
            assert answer.field(field) == str(top + 1)
            owner.edit(tenant, "billing", htmx=True, **{field: top})
            assert getattr(fresh(tenant), field) == top

    def test_binds_what_is_raised_not_what_stands(self, sign_in):
        tenant = make_tenant(max_concurrent_calls=50, monthly_call_limit=9_000)
        owner = sign_in("owner", tenant)
        owner.edit(tenant, "billing", max_concurrent_calls=40)
        owner.edit(tenant, "billing", max_concurrent_calls=40, monthly_call_limit=10)
        with raw.unchanged():
            owner.edit(tenant, "billing", 422, max_concurrent_calls=41)
            owner.edit(tenant, "billing", 422, monthly_call_limit=1_001)
        owner.edit(tenant, "billing", monthly_call_limit=1_000)

    def test_rises_with_the_plan_in_the_same_form(self, owner, tenant):
        owner.edit(tenant, "billing", billing_plan="business", max_concurrent_calls=100)
        with raw.unchanged():
            owner.edit(tenant, "billing", 422, billing_plan="starter", max_concurrent_calls=101)

    def test_cannot_be_waved_through_by_a_hidden_field(self, owner, tenant):
        form = owner.get(edit_url(tenant, "billing"))
        with raw.unchanged():
            owner.submit(form, 422, max_concurrent_calls=11, ceilings_seen="starter")


class TestStaff:
    def test_may_exceed_the_plan_and_see_that_they_do(self, sign_in, tenant):
        support = sign_in("support")
        answer = support.edit(
            tenant, "billing", htmx=True, max_concurrent_calls=1_000, monthly_call_limit=2_000_000
        )
        words = answer.words_of("section-billing")
        assert "1,000 above the plan's 10" in words
        assert "2,000,000 above the plan's 1,000" in words
        assert "above" not in support.get(tenant_url(make_tenant())).words_of("section-billing")


class TestLowerPlan:
    @pytest.fixture
    def big(self, app):
        return make_tenant(billing_plan="business", max_concurrent_calls=80, monthly_call_limit=900)

    @pytest.mark.parametrize("role", ["support", "owner"])
    @pytest.mark.parametrize("htmx", [False, True])
    def test_is_pointed_out_once_with_lowered_values(self, sign_in, big, role, htmx):
        person = sign_in(role, big if role == "owner" else None)
        with raw.unchanged():
            answer = person.edit(big, "billing", 422, htmx=htmx, billing_plan="starter")
        assert list(answer.errors) == [CALLS]
        assert "lowered from 80" in answer.errors[CALLS]
        assert (answer.field(CALLS), answer.field(MONTH)) == ("10", "900")
        assert answer.field("billing_plan") == "starter"
        person.submit(answer, 200 if htmx else 303, htmx=htmx)
        assert_audited(
            Action.TENANT_BILLING,
            big,
            changes={"billing_plan": ["business", "starter"], CALLS: [80, 10]},
        )

    @pytest.mark.parametrize("role", ["support", "owner"])
    def test_keeps_the_standing_values_of_who_insists(self, sign_in, big, role):
        person = sign_in(role, big if role == "owner" else None)
        answer = person.edit(big, "billing", 422, billing_plan="starter")
        person.submit(answer, 303, max_concurrent_calls=80)
        assert last_body()["changes"] == {"billing_plan": ["business", "starter"]}

    def test_is_pointed_out_again_for_another_plan(self, admin):
        tenant = make_tenant(
            billing_plan="enterprise", max_concurrent_calls=900, monthly_call_limit=60_000
        )
        answer = admin.edit(tenant, "billing", 422, billing_plan="business")
        assert (answer.field(CALLS), answer.field(MONTH)) == ("100", "50000")
        insisted = {CALLS: 900, MONTH: 60_000}
        answer = admin.submit(answer, 422, billing_plan="starter", **insisted)
        assert (answer.field(CALLS), answer.field(MONTH)) == ("10", "1000")
        admin.submit(answer, 303)
        assert (fresh(tenant).billing_plan, fresh(tenant).max_concurrent_calls) == ("starter", 10)

    def test_that_holds_the_values_is_saved_at_once(self, admin):
        tenant = make_tenant(billing_plan="enterprise", max_concurrent_calls=100)
        admin.edit(tenant, "billing", billing_plan="business")
        admin.edit(tenant, "billing", billing_plan="starter", max_concurrent_calls=10)
        assert fresh(tenant).billing_plan == "starter"

    def test_is_freely_chosen_by_owners(self, owner, tenant):
        for plan in ("enterprise", "business", "starter", "enterprise"):
            owner.edit(tenant, "billing", billing_plan=plan)
        assert fresh(tenant).billing_plan == "enterprise"


class TestForgottenPlan:
    def test_stays_until_somebody_chooses_another(self, admin):
        tenant = make_tenant(billing_plan="legacy-2019", max_concurrent_calls=500)
        form = admin.get(edit_url(tenant, "billing"))
        assert form.field("billing_plan") == "legacy-2019"
        admin.submit(form, 303, max_concurrent_calls=501, reason=REASON)
        assert (fresh(tenant).billing_plan, fresh(tenant).max_concurrent_calls) == (
            "legacy-2019",
            501,
        )
        with raw.unchanged():
            admin.edit(tenant, "billing", 422, billing_plan="legacy-2018")
