import json
from itertools import combinations

import pytest

from webui.core import catalogue, limits
from webui.core.catalogue import FIELDS
from webui.core.field_types import Choice, Sealed, Secret, Switch, Whole
from webui.core.limits import PLANS, Service, Status
from webui.models.tenant.tenant import DEFAULTS, Tenant

# DESIGN 2.1, copied by hand: if the product moves, this stays.
NUMBERS = {
    "max_concurrent_calls": (1, 1_000),
    "monthly_call_limit": (0, 9_007_199_254_740_991),
    "retention_days": (1, 3_650),
    "webhook_timeout_seconds": (1, 60),
}
SEALED = {"sip_domain": (1, 255), "sip_username": (1, 100), "webhook_url": (1, 2_048)}
SWITCHES = {
    "sip_enabled": False,
    "recording_enabled": True,
    "analytics_enabled": True,
    "hipaa_enabled": False,
    "pci_enabled": False,
    "data_encryption_enabled": True,
}
DEFAULTS_OF_THE_DESIGN = {
    **SWITCHES,
    "status": "active",
    "blocked_services": [],
    "billing_plan": "starter",
    "max_concurrent_calls": 10,
    "monthly_call_limit": 1_000,
    "recording_format": "mp4",
    "retention_days": 90,
    "webhook_timeout_seconds": 20,
    "meta_data": {},
    "onboarded_at": None,
    "webhook_secret_previous_until": None,
}


class TestFields:
    @pytest.mark.parametrize(("name", "limit"), NUMBERS.items())
    def test_numbers_have_the_limits_of_the_design(self, name, limit):
        field = FIELDS[name]
        assert isinstance(field, Whole)
        assert (field.minimum, field.maximum) == limit
        assert field.check() == f"{name} BETWEEN {limit[0]} AND {limit[1]}"

    @pytest.mark.parametrize(("name", "limit"), SEALED.items())
    def test_encrypted_texts_have_the_limits_of_the_design(self, name, limit):
        field = FIELDS[name]
        assert isinstance(field, Sealed)
        assert not isinstance(field, Secret)
        assert (field.minimum, field.maximum) == limit

    def test_secrets_are_those_of_the_design(self):
        secrets = {name for name, field in FIELDS.items() if isinstance(field, Secret)}
        assert secrets >= {"sip_password", "webhook_secret"}
        assert (FIELDS["sip_password"].minimum, FIELDS["sip_password"].maximum) == (8, 128)

    def test_every_encrypted_field_demands_a_token(self):
        sealed = {name: field for name, field in FIELDS.items() if isinstance(field, Sealed)}
        assert sealed.keys() >= {*SEALED, "sip_password", "webhook_secret"}
        for name, field in sealed.items():
            assert field.check() == f"substr({name}, 1, 3) = 'e1.'"

    def test_switches_are_those_of_the_design(self):
        assert {n for n, field in FIELDS.items() if isinstance(field, Switch)} >= set(SWITCHES)

    def test_name_is_1_to_255_characters(self):
        assert FIELDS["name"].check() == "length(name) BETWEEN 1 AND 255"

    def test_meta_data_is_small(self):
        field = FIELDS["meta_data"]
        sizes = (field.maximum_bytes, field.maximum_keys, field.maximum_depth)
        assert sizes == (16_384, 100, 5)

    def test_every_field_is_a_column_and_has_a_label(self):
        columns = set(Tenant.__table__.columns.keys())
        assert set(FIELDS) <= columns
        assert all(field.label for field in FIELDS.values())

    def test_every_column_that_people_fill_is_a_field(self):
        made_by_the_product = {
            *("id", "name_key", "name_sort", "version", "created_at", "updated_at", "seal"),
            *("sip_domain_index", "sip_username_index", "onboarded_at"),
            *("webhook_secret_previous", "webhook_secret_previous_until"),
        }
        assert set(Tenant.__table__.columns.keys()) - set(FIELDS) == made_by_the_product

    def test_defaults_are_those_of_the_design(self):
        """Fields that came later have the default that the catalogue gives them."""
        later = {name: value for name, value in DEFAULTS.items() if name in FIELDS}
        assert {**later, **DEFAULTS_OF_THE_DESIGN} == DEFAULTS

    def test_reason_username_and_password_have_the_limits_of_the_design(self):
        fields = (limits.REASON, limits.USERNAME, limits.PASSWORD)
        assert [(f.minimum, f.maximum) for f in fields] == [(3, 200), (3, 50), (8, 72)]


class TestChoices:
    def test_statuses_are_those_of_the_design(self):
        assert {status.value for status in Status} == {
            *("active", "inactive", "suspended", "blocked")
        }
        assert set(limits.STATUS_LABELS) == set(limits.STATUS_MEANINGS) == set(Status)

    def test_services_are_sorted_and_those_of_the_design(self):
        names = [service.value for service in Service]
        assert names == sorted(["calls", "agents", "sip", "recordings", "analytics"])
        assert set(limits.SERVICE_LABELS) == set(Service)

    def test_formats_are_those_of_the_design(self):
        words = [word for word, _ in catalogue.choice("recording_format").choices]
        assert words == ["mp4", "mp3", "wav", "ogg"]

    def test_a_value_that_left_the_catalogue_stands_for_itself(self):
        plan = catalogue.choice("billing_plan")
        assert plan.label_of("business") == "Business"
        assert plan.label_of("legacy-2019") == "legacy-2019"

    def test_an_open_catalogue_checks_only_the_length(self):
        assert catalogue.choice("billing_plan").check() == "length(billing_plan) BETWEEN 1 AND 100"

    def test_a_closed_one_checks_the_words(self):
        check = Choice("c", "C", choices=(("a", "A"), ("b", "B"))).check()
        assert check == "c IN ('a', 'b')"

    def test_blocked_services_checks_every_sorted_list(self):
        check = FIELDS["blocked_services"].check()
        names = sorted(service.value for service in Service)
        lists = [some for n in range(6) for some in combinations(names, n)]
        assert len(lists) == 32
        for some in lists:
            assert "'" + json.dumps(some, separators=(",", ":")) + "'" in check


class TestPlans:
    def test_ceilings_are_those_of_the_design(self):
        ceilings = {
            name: tuple(plan.ceiling(field) for field in limits.CEILING_FIELDS)
            for name, plan in PLANS.items()
        }
        assert ceilings == {
            "starter": (10, 1_000),
            "business": (100, 50_000),
            "enterprise": (1_000, None),
        }

    def test_only_enterprise_allows_compliance(self):
        assert [p.name for p in PLANS.values() if p.allows_compliance] == ["enterprise"]

    def test_the_catalogue_and_the_choice_are_one(self):
        assert dict(catalogue.choice("billing_plan").choices) == {
            plan.name: plan.label for plan in PLANS.values()
        }

    def test_says_what_it_allows(self):
        assert PLANS["business"].summary == "100 calls at once, 50,000 calls a month"
        assert PLANS["enterprise"].summary == "1,000 calls at once, no monthly cap"

    def test_the_largest_ceiling_is_the_field_s_limit(self):
        highest = max(plan.max_concurrent_calls for plan in PLANS.values())
        assert highest == catalogue.whole("max_concurrent_calls").maximum


class TestLookups:
    def test_refuse_a_field_of_another_kind(self):
        with pytest.raises(TypeError):
            catalogue.whole("name")
        with pytest.raises(TypeError):
            catalogue.choice("retention_days")

    def test_the_rule_of_a_number_names_both_ends(self):
        assert catalogue.whole("retention_days").rule == "Enter a whole number from 1 to 3,650."
