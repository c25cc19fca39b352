"""Undoing an entry: the preview, the edit that it becomes, and what cannot be undone."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.factories import an_actor, make_tenant
from tests.history import assert_audited, assert_history_holds
from tests.raw import unchanged
from tests.web import dom
from tests.web.pages import REASON, tenant_url
from tests.web.saved import fresh
from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action
from webui.models import AuditEntry, AuditSealed
from webui.tenants.core.operations import Edit, update_fields


def newest(tenant):
    query = select(AuditEntry).where(AuditEntry.tenant_id == tenant.id)
    db.session.rollback()
    return db.session.scalars(query.order_by(AuditEntry.seq.desc()).limit(1)).one()


def undo_url(entry):
    return f"/audit/{entry.id}/revert"


def steps(answer):
    """Field -> the cells beside it in the preview."""
    [table] = [t for t in dom.elements(answer.tree, "table") if "steps-back" in t.get("class")]
    rows = table.findall("tbody/tr")
    return {dom.words(r.find("th")): [*map(dom.words, r.findall("td"))] for r in rows}


def undo(browser, entry, status=303, **changes):
    return browser.post_form(undo_url(entry), status, **{"reason": REASON, **changes})


class TestUndo:
    def test_shows_first_what_would_happen(self, admin, tenant):
        admin.edit(tenant, "billing", monthly_call_limit=5_000, max_concurrent_calls=7)
        with unchanged():
            page = admin.get(undo_url(newest(tenant)))
        assert steps(page) == {
            "Concurrent calls": ["7", "10"],
            "Monthly call limit": ["5,000", "1,000"],
        }
        assert page.fields["field"] == ["max_concurrent_calls", "monthly_call_limit"]

    def test_of_a_program_s_change_of_several_sections_sets_back_what_is_chosen(
        self, admin, tenant
    ):
        values = {"max_concurrent_calls": 7, "retention_days": 30, "name": "Southwind"}
        update_fields(tenant.id, Edit(values, tuple(values), None, REASON), an_actor())
        entry = newest(tenant)
        admin.edit(tenant, "features", recording_format="wav")
        assert set(steps(admin.get(undo_url(entry)))) == {
            *("Name", "Concurrent calls", "Keep recordings for")
        }
        undo(admin, entry, field=["retention_days", "name"])
        stored = fresh(tenant)
        assert (stored.name, stored.retention_days) == ("Northwind", 90)
        assert (stored.max_concurrent_calls, stored.recording_format) == (7, "wav")
        assert_audited(
            Action.TENANT_SEVERAL,
            tenant,
            changes={
                "name": ["Southwind", "Northwind"],
                "retention_days": [30, 90],
                "reverts": [None, str(entry.id)],
            },
        )

    def test_is_an_edit_that_points_to_the_entry(self, admin, tenant):
        admin.edit(tenant, "billing", monthly_call_limit=5_000)
        entry, version = newest(tenant), fresh(tenant).version
        answer = undo(admin, entry)
        assert answer.location == f"{tenant_url(tenant)}#section-billing"
        assert_audited(
            Action.TENANT_BILLING,
            tenant,
            changes={"monthly_call_limit": [5_000, 1_000], "reverts": [None, str(entry.id)]},
            reason=REASON,
            source="ui",
        )
        assert (fresh(tenant).monthly_call_limit, fresh(tenant).version) == (1_000, version + 1)
        row = admin.get(tenant_url(tenant)).history[0]
        assert "Undid a change: lowered monthly call limit from 5,000 to 1,000" in dom.words(row)
        assert_history_holds()

    def test_and_the_undone_entry_lead_to_one_another(self, admin, tenant):
        admin.edit(tenant, "billing", monthly_call_limit=5_000)
        entry = newest(tenant)
        undo(admin, entry)
        later = newest(tenant)
        for one, other in ((entry, later), (later, entry)):
            page = admin.get(f"/audit/{one.id}")
            assert f"/audit/{other.id}" in [a.get("href") for a in dom.elements(page.tree, "a")]
        assert len(admin.get("/audit?field=reverts").history) == 1

    def test_of_one_field_leaves_the_others(self, admin, tenant):
        admin.edit(tenant, "billing", monthly_call_limit=5_000, max_concurrent_calls=7)
        entry = newest(tenant)
        page = admin.get(f"{undo_url(entry)}?field=monthly_call_limit")
        assert page.fields["field"] == ["monthly_call_limit"]
        admin.submit(page, 303, reason=REASON)
        assert (fresh(tenant).monthly_call_limit, fresh(tenant).max_concurrent_calls) == (1_000, 7)

    def test_says_what_changed_since_and_overrides_it(self, admin, sign_in, tenant):
        admin.edit(tenant, "billing", monthly_call_limit=5_000)
        entry, other = newest(tenant), sign_in("support")
        other.edit(tenant, "billing", monthly_call_limit=6_000, reason="more of them")
        [now, back] = steps(admin.get(undo_url(entry)))["Monthly call limit"]
        assert back == "1,000"
        assert now.startswith("6,000")
        assert f"Changed again by {other.user.username}" in now
        assert "“more of them”. This entry had set it to 5,000." in now
        undo(admin, entry)
        assert fresh(tenant).monthly_call_limit == 1_000

    def test_of_a_plan_leaves_limits_above_it(self, admin, tenant):
        admin.edit(tenant, "billing", billing_plan="business", max_concurrent_calls=50)
        undo(admin, newest(tenant), field=["billing_plan"])
        after = fresh(tenant)
        assert (after.billing_plan, after.max_concurrent_calls) == ("starter", 50)

    def test_of_an_undo_brings_the_change_back(self, admin, tenant):
        admin.edit(tenant, "organisation", name="Southwind", meta_data='{"a": [1, null]}')
        undo(admin, newest(tenant))
        assert (fresh(tenant).name, fresh(tenant).meta_data) == ("Northwind", {})
        undo(admin, newest(tenant))
        assert (fresh(tenant).name, fresh(tenant).meta_data) == ("Southwind", {"a": [1, None]})

    def test_shows_metadata_line_by_line_whatever_the_order_of_its_keys(self, admin, tenant):
        for text in (
            '{"c": 1, "b": {"y": 1, "x": 2}, "a": 3}',
            '{"c": 9, "b": {"y": 1, "x": 2}, "a": 3}',
        ):
            admin.edit(tenant, "organisation", meta_data=text)
        page = admin.get(undo_url(newest(tenant)))
        [shown] = steps(page)["Metadata"]
        around = '3unchangedlines"x":2,"y":1},"c":9"c":1}'
        assert "".join(shown.split()) == around

    def test_of_a_status_takes_its_services_along(self, admin, tenant):
        for status, services in (("suspended", ["calls", "sip"]), ("blocked", [])):
            admin.post_form(
                tenant_url(tenant, "status"), 303, status=status, blocked_services=services,
                reason=REASON,
            )  # fmt: skip
        undo(admin, newest(tenant))
        assert (fresh(tenant).status, fresh(tenant).blocked_services) == (
            "suspended",
            ["calls", "sip"],
        )

    def test_brings_sealed_values_back(self, admin, tenant):
        admin.edit(tenant, "sip", sip_domain="one.example", sip_username="first")
        admin.edit(tenant, "sip", sip_domain="two.example", sip_username="")
        assert steps(admin.get(undo_url(newest(tenant)))) == {
            "SIP domain": ["two.example", "one.example"],
            "SIP username": ["nothing", "first"],
        }
        undo(admin, newest(tenant))
        assert (fresh(tenant).sip_domain, fresh(tenant).sip_username) == ("one.example", "first")

    def test_of_a_name_with_more_spaces_gives_it_as_names_are_stored_now(self, admin):
        tenant = make_tenant(name="Nimbus  Double")
        admin.edit(tenant, "organisation", meta_data='{"a": 1}')
        undo(admin, newest(tenant))
        assert (fresh(tenant).name, fresh(tenant).meta_data) == ("Nimbus  Double", {})
        admin.edit(tenant, "organisation", name="Stratus")
        renamed = newest(tenant)
        undo(admin, renamed)
        assert fresh(tenant).name == "Nimbus Double"
        assert steps(admin.get(undo_url(renamed))) == {"Name": ["Already has this value."]}

    def test_twice_by_a_double_click_is_done_once(self, admin, tenant):
        admin.edit(tenant, "billing", monthly_call_limit=5_000)
        page = admin.get(undo_url(newest(tenant)))
        admin.submit(page, 303, reason=REASON)
        with unchanged():
            admin.submit(page, 303, reason=REASON)

    def test_in_place_goes_on_to_the_tenant(self, admin, tenant):
        admin.edit(tenant, "billing", monthly_call_limit=5_000)
        page = admin.get(undo_url(newest(tenant)), htmx=True)
        answer = admin.submit(page, 200, htmx=True, reason=REASON)
        assert answer.headers["HX-Redirect"].startswith(tenant_url(tenant))


class TestRefused:
    def test_without_a_reason_or_a_field(self, admin, tenant):
        admin.edit(tenant, "billing", monthly_call_limit=5_000)
        entry = newest(tenant)
        with unchanged():
            assert "reason" in undo(admin, entry, 422, reason="").errors
            answer = undo(admin, entry, 422, field=[])
        assert "Choose at least one field" in answer.words
        assert answer.field("reason") == REASON

    def test_when_the_section_changed_since_the_preview(self, admin, sign_in, tenant):
        admin.edit(tenant, "billing", monthly_call_limit=5_000)
        page = admin.get(undo_url(newest(tenant)))
        sign_in("support").edit(tenant, "billing", max_concurrent_calls=3)
        with unchanged():
            answer = admin.submit(page, 409, reason=REASON)
        assert answer.field("reason") == REASON
        admin.submit(answer, 303)
        assert (fresh(tenant).monthly_call_limit, fresh(tenant).max_concurrent_calls) == (1_000, 3)

    def test_not_when_another_section_did(self, admin, tenant):
        admin.edit(tenant, "billing", monthly_call_limit=5_000)
        page = admin.get(undo_url(newest(tenant)))
        admin.edit(tenant, "features", retention_days=3)
        admin.submit(page, 303, reason=REASON)
        assert (fresh(tenant).monthly_call_limit, fresh(tenant).retention_days) == (1_000, 3)

    def test_when_a_rule_would_break(self, admin, tenant):
        admin.edit(tenant, "compliance", data_encryption_enabled=False)
        admin.edit(tenant, "compliance", data_encryption_enabled=True)
        off = newest(tenant)
        admin.edit(tenant, "compliance", hipaa_enabled=True)
        with unchanged():
            answer = undo(admin, off, 422)
        assert "Must be on while HIPAA is on." in answer.words

    def test_without_version_or_token(self, admin, tenant):
        admin.edit(tenant, "billing", monthly_call_limit=5_000)
        for missing in ("version", "csrf_token"):
            undo(admin, newest(tenant), 400, **{missing: None})

    def test_for_what_no_edit_can_set(self, admin, tenant):
        signed_in = db.session.scalars(select(AuditEntry).where(AuditEntry.tenant_id.is_(None)))
        for entry in (newest(tenant), signed_in.first()):
            assert "cannot be undone" in admin.get(undo_url(entry), 422).words

    @pytest.mark.parametrize("role", ["auditor", "owner"])
    def test_for_who_may_not(self, role, admin, sign_in, tenant):
        admin.edit(tenant, "billing", monthly_call_limit=5_000)
        browser = sign_in(role, tenant if role == "owner" else None)
        browser.get(undo_url(newest(tenant)), 403)
        page = browser.get(tenant_url(tenant))
        assert "revert" not in page.text

    def test_for_a_secret(self, admin, tenant, secrets):
        secrets.add("hunter2hunter2")
        admin.edit(tenant, "sip", sip_password="hunter2hunter2")
        only_secret = newest(tenant)
        page = admin.get(undo_url(only_secret))
        assert "There is nothing to undo" in page.words
        assert "cannot be undone" in steps(page)["SIP password"][0]
        admin.edit(tenant, "sip", sip_password="hunter2hunter2x", sip_domain="a.example")
        undo(admin, newest(tenant))
        assert fresh(tenant).is_set("sip_password")
        assert fresh(tenant).sip_domain is None

    def test_for_what_is_already_so(self, admin, tenant):
        admin.edit(tenant, "billing", monthly_call_limit=5_000)
        entry = newest(tenant)
        admin.edit(tenant, "billing", monthly_call_limit=1_000)
        page = admin.get(undo_url(entry))
        assert steps(page) == {"Monthly call limit": ["Already has this value."]}
        assert not page.has("revert-reason")

    def test_for_an_erased_value(self, admin, tenant):
        admin.edit(tenant, "sip", sip_domain="one.example")
        admin.edit(tenant, "sip", sip_domain="two.example")
        entry = newest(tenant)
        with write_transaction():
            for row in db.session.scalars(select(AuditSealed).where(AuditSealed.entry == entry.id)):
                row.value = None
        page = admin.get(undo_url(entry))
        assert "was erased" in steps(page)["SIP domain"][0]
        assert "erased" in admin.get(f"/audit/{entry.id}").words


class TestLinks:
    def test_stand_where_something_can_be_undone(self, admin, tenant):
        admin.edit(tenant, "billing", monthly_call_limit=5_000)
        url = undo_url(newest(tenant))
        for page in ("/audit", tenant_url(tenant), f"/audit/{newest(tenant).id}"):
            hrefs = [a.get("href") for a in dom.elements(admin.get(page).tree, "a")]
            assert [h for h in hrefs if h.endswith("/revert")] == [url]


VALUES = {
    "name": st.sampled_from(["A", "B", "مركز", "x" * 255]),
    "meta_data": st.sampled_from(["", '{"a":1}', '{"a":{"b":[true]}}']),
    "billing_plan": st.sampled_from(["starter", "business", "enterprise"]),
    "max_concurrent_calls": st.integers(1, 1_000),
    "monthly_call_limit": st.integers(0, 2**53 - 1),
    "sip_domain": st.sampled_from(["", "a.example", "b.example:5070"]),
    "sip_username": st.sampled_from(["", "alice", "bob"]),
    "recording_enabled": st.booleans(),
    "retention_days": st.integers(1, 3_650),
    "webhook_url": st.sampled_from(["", "https://a.example/x", "https://b.example/?t=1"]),
    "data_encryption_enabled": st.booleans(),
}
SECTION_OF = {
    "organisation": ("name", "meta_data"),
    "billing": ("billing_plan", "max_concurrent_calls", "monthly_call_limit"),
    "sip": ("sip_domain", "sip_username"),
    "features": ("recording_enabled", "retention_days"),
    "webhook": ("webhook_url",),
    "compliance": ("data_encryption_enabled",),
}
EDIT = st.sampled_from(list(SECTION_OF)).flatmap(
    lambda name: st.tuples(
        st.just(name), st.fixed_dictionaries({f: VALUES[f] for f in SECTION_OF[name]})
    )
)


def state(tenant):
    row = fresh(tenant)
    return {name: getattr(row, name) for name in VALUES}


def edited(admin, tenant, edits):
    """Makes the edits; (entry, the state before) of each that changed anything."""
    made = []
    for section, values in edits:
        before = state(tenant)
        seen = {"ceilings_seen": values["billing_plan"]} if section == "billing" else {}
        admin.edit(tenant, section, **values, **seen)
        if state(tenant) != before:
            made.append((newest(tenant), before))
    return made


def changed_by(entry):
    return set(json.loads(entry.body)["changes"])


@settings(
    max_examples=6, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(edits=st.lists(EDIT, min_size=2, max_size=6), choice=st.integers(0, 5))
def test_undoing_gives_back_what_was_before_where_nothing_changed_since(admin, edits, choice):
    tenant = make_tenant(name="Northwind")
    made = edited(admin, tenant, [("features", {"retention_days": 5}), *edits])
    entry, before = made[choice % len(made)]
    changed = changed_by(entry)
    later = set().union(*(changed_by(other) for other, _ in made if other.seq > entry.seq))
    kept, page = state(tenant), admin.get(undo_url(entry))
    if page.has("revert-reason"):
        admin.submit(page, 303, reason=REASON)
    after = state(tenant)
    assert {n: after[n] for n in changed - later} == {n: before[n] for n in changed - later}
    assert {n: after[n] for n in VALUES.keys() - changed} == {
        n: kept[n] for n in VALUES.keys() - changed
    }
    assert_history_holds()
