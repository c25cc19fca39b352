"""Two people, one tenant (DESIGN 6)."""

import re

import pytest

from tests import raw
from tests.factories import make_tenant
from tests.history import assert_history_holds, last_body
from tests.web import dom
from tests.web.pages import REASON, edit_url, tenant_url
from tests.web.saved import bodies, fresh

MINE, THEIRS = "my own password", "their own password"


@pytest.fixture
def maria(sign_in):
    return sign_in("support", username="maria.lopez")


@pytest.fixture
def tom(sign_in, secrets):
    secrets |= {MINE, THEIRS}
    return sign_in("admin", username="tom.reed")


def note(answer, field, section):
    """What the conflict form says beside a field; None when nothing."""
    name = f"{section}-{field}-note"
    if not answer.has(name):
        return None
    assert name in answer.control(field).get("aria-describedby").split()
    return answer.words_of(name)


class TestBothChanged:
    @pytest.mark.parametrize("htmx", [False, True])
    def test_the_same_field_shows_mine_theirs_and_before(self, maria, tom, tenant, htmx):
        form = maria.get(edit_url(tenant, "billing"))
        tom.edit(tenant, "billing", max_concurrent_calls=40, reason="upgrade call, #17")
        with raw.unchanged():
            answer = maria.submit(
                form, 409, htmx=htmx, max_concurrent_calls=25, reason="asked by phone"
            )
        assert answer.field("max_concurrent_calls") == "25"
        said = note(answer, "max_concurrent_calls", "billing")
        assert "tom.reed 40" in said
        assert "before 10" in said
        assert answer.field("reason") == "asked by phone"
        assert answer.field("version") == "2"
        assert "tom.reed changed this while you were editing. “upgrade call, #17”" in answer.words
        assert answer.control("max_concurrent_calls").get("autofocus") is not None
        assert note(answer, "monthly_call_limit", "billing") is None
        take = dom.elements(answer.form(), "button", data_take="billing-max_concurrent_calls")
        assert [button.get("data-value") for button in take] == ["40"]
        assert ("<html" in answer.text) is not htmx
        maria.submit(answer, 200 if htmx else 303, htmx=htmx)
        assert fresh(tenant).max_concurrent_calls == 25
        assert last_body()["changes"] == {"max_concurrent_calls": [40, 25]}
        assert last_body()["reason"] == "asked by phone"

    def test_different_fields_keeps_both(self, maria, tom, tenant):
        form = maria.get(edit_url(tenant, "billing"))
        tom.edit(tenant, "billing", max_concurrent_calls=40)
        with raw.unchanged():
            answer = maria.submit(form, 409, monthly_call_limit=500, reason=REASON)
        assert (answer.field("max_concurrent_calls"), answer.field("monthly_call_limit")) == (
            "40",
            "500",
        )
        said = note(answer, "max_concurrent_calls", "billing")
        assert said == "Changed by tom.reed from 10. You did not touch it."
        assert "Your value." in note(answer, "monthly_call_limit", "billing")
        maria.submit(answer, 303)
        saved = fresh(tenant)
        assert (saved.max_concurrent_calls, saved.monthly_call_limit) == (40, 500)

    def test_to_the_same_values_is_saved_already(self, maria, tom, tenant):
        form = maria.get(edit_url(tenant, "billing"))
        tom.edit(tenant, "billing", max_concurrent_calls=40)
        with raw.unchanged():
            maria.submit(form, 303, max_concurrent_calls=40, reason=REASON)
        assert "These values were saved already." in maria.get(tenant_url(tenant)).words

    def test_one_field_alike_and_one_not(self, maria, tom, tenant):
        form = maria.get(edit_url(tenant, "billing"))
        tom.edit(tenant, "billing", max_concurrent_calls=40, monthly_call_limit=2_000)
        answer = maria.submit(
            form, 409, max_concurrent_calls=40, monthly_call_limit=3_000, reason=REASON
        )
        assert answer.field("monthly_call_limit") == "3000"
        assert "You did not touch it" in note(answer, "max_concurrent_calls", "billing")
        assert "before 1,000" in note(answer, "monthly_call_limit", "billing")

    def test_several_times_tells_the_last_and_the_first_before(self, maria, tom, tenant):
        form = maria.get(edit_url(tenant, "billing"))
        for calls in (20, 30, 40):
            tom.edit(tenant, "billing", max_concurrent_calls=calls, reason=f"step {calls}")
        answer = maria.submit(form, 409, max_concurrent_calls=25, reason=REASON)
        said = note(answer, "max_concurrent_calls", "billing")
        assert "40" in said
        assert "before 10" in said
        assert "step 40" in answer.words
        assert answer.field("version") == "4"

    def test_again_meanwhile_is_a_conflict_again(self, maria, tom, tenant):
        form = maria.get(edit_url(tenant, "billing"))
        tom.edit(tenant, "billing", max_concurrent_calls=40)
        answer = maria.submit(form, 409, max_concurrent_calls=25, reason=REASON)
        tom.edit(tenant, "billing", max_concurrent_calls=50)
        answer = maria.submit(answer, 409)
        assert "before 40" in note(answer, "max_concurrent_calls", "billing")
        maria.submit(answer, 303)
        assert last_body()["changes"] == {"max_concurrent_calls": [50, 25]}

    def test_switches_and_choices(self, maria, tom, tenant):
        form = maria.get(edit_url(tenant, "features"))
        tom.edit(tenant, "features", recording_format="wav", analytics_enabled=False)
        answer = maria.submit(
            form, 409, recording_format="ogg", recording_enabled=False, reason=REASON
        )
        assert answer.field("recording_format") == "ogg"
        assert answer.field("recording_enabled") is None
        assert answer.field("analytics_enabled") is None
        said = note(answer, "recording_format", "features")
        assert "tom.reed wav" in said
        assert "before mp4" in said
        assert "from on" in note(answer, "analytics_enabled", "features")
        maria.submit(answer, 303)
        saved = fresh(tenant)
        assert (saved.recording_format, saved.recording_enabled) == ("ogg", False)
        assert saved.analytics_enabled is False

    def test_metadata(self, maria, tom, tenant):
        form = maria.get(edit_url(tenant, "organisation"))
        tom.edit(tenant, "organisation", meta_data='{"a": "<i>theirs</i>"}')
        answer = maria.submit(form, 409, meta_data='{"a": "mine"}', reason=REASON)
        assert answer.field("meta_data") == '{"a": "mine"}'
        said = note(answer, "meta_data", "organisation")
        assert '{"a":"<i>theirs</i>"}' in said
        assert "before nothing" in said
        maria.submit(answer, 303)
        assert fresh(tenant).meta_data == {"a": "mine"}

    def test_with_bad_input_is_told_after_it_is_right(self, maria, tom, tenant):
        form = maria.get(edit_url(tenant, "billing"))
        tom.edit(tenant, "billing", max_concurrent_calls=40)
        answer = maria.submit(form, 422, max_concurrent_calls="many", reason=REASON)
        assert answer.field("version") == "1"
        maria.submit(answer, 409, max_concurrent_calls=25)


class TestOtherSections:
    def test_are_no_conflict(self, maria, tom, tenant):
        form = maria.get(edit_url(tenant, "billing"))
        tom.edit(tenant, "features", retention_days=5)
        tom.edit(tenant, "organisation", name="Southwind")
        maria.submit(form, 303, max_concurrent_calls=7, reason=REASON)
        saved = fresh(tenant)
        assert (saved.version, saved.retention_days, saved.name) == (4, 5, "Southwind")
        assert saved.max_concurrent_calls == 7

    def test_count_when_all_rules_run_again(self, sign_in, tom, tenant):
        tom.edit(tenant, "billing", billing_plan="enterprise")
        owner = sign_in("owner", tenant)
        form = owner.get(edit_url(tenant, "compliance"))
        tom.edit(tenant, "billing", billing_plan="starter")
        with raw.unchanged():
            answer = owner.submit(form, 422, hipaa_enabled=True)
        assert list(answer.errors) == ["hipaa_enabled"]


class TestSealedField:
    def test_shows_theirs_and_before_in_plain(self, maria, tom):
        tenant = make_tenant(sip_domain="old.example", webhook_url="https://old.example/t/1")
        form = maria.get(edit_url(tenant, "sip"))
        tom.edit(tenant, "sip", sip_domain="theirs.example", sip_username="new.user")
        answer = maria.submit(form, 409, sip_domain="mine.example", reason=REASON)
        said = note(answer, "sip_domain", "sip")
        assert "theirs.example" in said
        assert "before old.example" in said
        assert answer.field("sip_username") == "new.user"
        assert "from nothing" in note(answer, "sip_username", "sip")
        assert "e1.k1" not in answer.text
        maria.submit(answer, 303)
        saved = fresh(tenant)
        assert (saved.sip_domain, saved.sip_username) == ("mine.example", "new.user")

    def test_that_cannot_be_read_says_so(self, maria, tom):
        tenant = make_tenant(sip_domain="old.example")
        form = maria.get(edit_url(tenant, "sip"))
        tom.edit(tenant, "sip", sip_domain="theirs.example")
        raw.run("UPDATE audit_sealed SET value = 'e1.k1.AAAA' WHERE side = 'old'")
        raw.past_the_guards(
            f"UPDATE tenants SET sip_domain = 'e1.k1.AAAA' WHERE id = '{tenant.id.hex}'"
        )
        answer = maria.submit(form, 409, sip_domain="mine.example", reason=REASON)
        assert note(answer, "sip_domain", "sip").count("cannot be read") == 2
        maria.submit(answer, 303)
        assert fresh(tenant).sip_domain == "mine.example"


class TestSecret:
    def test_that_both_changed_is_typed_again(self, maria, tom, tenant):
        form = maria.get(edit_url(tenant, "sip"))
        tom.edit(tenant, "sip", sip_password=THEIRS)
        with raw.unchanged():
            answer = maria.submit(form, 409, sip_password=MINE, reason=REASON)
        said = note(answer, "sip_password", "sip")
        assert "tom.reed changed this meanwhile" in said
        assert "Type yours again" in said
        assert answer.field("sip_password") == ""
        maria.submit(answer, 303, sip_password=MINE)
        assert fresh(tenant).sip_password == MINE
        assert last_body()["changes"] == {"sip_password": ["set", "replaced"]}

    def test_that_only_they_changed_stays(self, maria, tom, tenant):
        form = maria.get(edit_url(tenant, "sip"))
        tom.edit(tenant, "sip", sip_password=THEIRS)
        answer = maria.submit(form, 409, sip_domain="mine.example", reason=REASON)
        assert "Type yours again" not in note(answer, "sip_password", "sip")
        maria.submit(answer, 303)
        saved = fresh(tenant)
        assert (saved.sip_password, saved.sip_domain) == (THEIRS, "mine.example")

    def test_that_only_i_typed_is_asked_for_again(self, maria, tom, tenant):
        form = maria.get(edit_url(tenant, "sip"))
        tom.edit(tenant, "sip", sip_domain="theirs.example")
        answer = maria.submit(form, 409, sip_password=MINE, reason=REASON)
        assert answer.field("sip_password") == ""
        assert "type it again" in answer.words
        maria.submit(answer, 303, sip_password=MINE)
        saved = fresh(tenant)
        assert (saved.sip_password, saved.sip_domain) == (MINE, "theirs.example")

    def test_that_they_removed_can_be_set_all_the_same(self, maria, tom):
        tenant = make_tenant(sip_password="the first one")
        form = maria.get(edit_url(tenant, "sip"))
        tom.edit(tenant, "sip", remove_sip_password=True)
        answer = maria.submit(form, 409, sip_password=MINE, reason=REASON)
        maria.submit(answer, 303, sip_password=MINE)
        assert fresh(tenant).sip_password == MINE

    def test_that_they_replaced_is_not_removed_by_one_more_click(self, maria, tom):
        tenant = make_tenant(sip_password="the first one")
        form = maria.get(edit_url(tenant, "sip"))
        tom.edit(tenant, "sip", sip_password=THEIRS)
        answer = maria.submit(form, 409, remove_sip_password=True, reason=REASON)
        assert answer.field("remove_sip_password") is None
        maria.submit(answer, 303)
        assert fresh(tenant).sip_password == THEIRS

    def test_removed_by_a_stale_form_cannot_break_sip(self, maria, tom):
        values = {"sip_domain": "a.example", "sip_username": "u", "sip_password": "the first one"}
        tenant = make_tenant(**values)
        form = maria.get(edit_url(tenant, "sip"))
        tom.edit(tenant, "sip", sip_enabled=True)
        with raw.unchanged():
            answer = maria.submit(form, 409, remove_sip_password=True, reason=REASON)
            assert answer.field("sip_enabled") == "y"
            assert answer.field("remove_sip_password") == "y"
            answer = maria.submit(answer, 422)
        assert list(answer.errors) == ["remove_sip_password"]
        maria.submit(answer, 303, remove_sip_password=False)
        assert fresh(tenant).sip_password == "the first one"


class TestOwner:
    def test_is_told_of_the_support_team(self, sign_in, tom, tenant, secrets):
        owner = sign_in("owner", tenant)
        form = owner.get(edit_url(tenant, "features"))
        tom.edit(tenant, "features", retention_days=7, reason="internal words")
        secrets |= {"tom.reed", "internal words"}
        answer = owner.submit(form, 409, retention_days=8)
        assert "Support team changed this while you were editing." in answer.words
        assert "Support team 7" in note(answer, "retention_days", "features")
        owner.submit(answer, 303)
        assert fresh(tenant).retention_days == 8

    def test_is_not_stopped_by_metadata_that_owners_do_not_see(self, sign_in, tom, tenant, secrets):
        owner = sign_in("owner", tenant)
        form = owner.get(edit_url(tenant, "organisation"))
        tom.edit(tenant, "organisation", meta_data='{"a": "for staff"}')
        secrets.add("for staff")
        owner.submit(form, 303, name="Mine")
        assert (fresh(tenant).name, fresh(tenant).meta_data) == ("Mine", {"a": "for staff"})

    def test_is_named_to_staff(self, sign_in, maria, tenant):
        owner = sign_in("owner", tenant, username="boss.of.it")
        form = maria.get(edit_url(tenant, "features"))
        owner.edit(tenant, "features", retention_days=7)
        answer = maria.submit(form, 409, retention_days=8, reason=REASON)
        assert "boss.of.it changed this while you were editing." in answer.words


class TestDoubleSubmit:
    def test_saves_once(self, maria, tenant):
        form = maria.get(edit_url(tenant, "billing"))
        for _ in range(2):
            maria.submit(form, 303, max_concurrent_calls=7, reason=REASON)
        assert len(bodies(tenant)) == 2
        assert fresh(tenant).version == 2

    def test_of_a_password_saves_once(self, maria, tenant, secrets):
        secrets.add(MINE)
        form = maria.get(edit_url(tenant, "sip"))
        for _ in range(2):
            maria.submit(form, 303, sip_password=MINE, reason=REASON)
        assert fresh(tenant).version == 2

    def test_after_a_conflict_saves_once(self, maria, tom, tenant):
        form = maria.get(edit_url(tenant, "billing"))
        tom.edit(tenant, "billing", max_concurrent_calls=40)
        answer = maria.submit(form, 409, max_concurrent_calls=25, reason=REASON)
        for _ in range(2):
            maria.submit(answer, 303)
        assert fresh(tenant).version == 3
        assert_history_holds()


class TestVersion:
    @pytest.mark.parametrize("version", ["0", "2", "999999999999999999"])
    def test_that_never_was_shows_what_stands(self, maria, tenant, version):
        form = maria.get(edit_url(tenant, "billing"))
        with raw.unchanged():
            answer = maria.submit(
                form, 409, version=version, max_concurrent_calls=25, reason=REASON
            )
        assert answer.field("version") == "1"
        assert re.search(r"10\b", note(answer, "max_concurrent_calls", "billing"))
        maria.submit(answer, 303)
        assert fresh(tenant).max_concurrent_calls == 25
