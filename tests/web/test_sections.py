"""Editing by section: the form, what saving writes, and what it answers."""

import re
from uuid import UUID

import pytest

from tests import raw
from tests.factories import an_actor, make_tenant, revise
from tests.history import assert_audited, assert_history_holds, last_body
from tests.samples import STAFF_FIELDS, other_value, typed_defaults
from tests.samples import typed as typed_value
from tests.web import dom
from tests.web.pages import REASON, changed, edit_url, tenant_url
from tests.web.saved import bodies, fresh
from webui.core.catalogue import FIELDS, fields_of
from webui.history.record.actions import Action
from webui.tenants.core.operations import Edit, update_section
from webui.tenants.core.rules import Closed
from webui.tenants.core.sections import SECTIONS

# section -> what is typed, and what the entry says
EDITS = {
    "organisation": (
        {"name": "  Southwind  ", "meta_data": '{"crm": 17,\n "é": [true]}'},
        {"name": ["Northwind", "Southwind"], "meta_data": [{}, {"crm": 17, "é": [True]}]},
    ),
    "billing": (
        {"billing_plan": "business", "max_concurrent_calls": "0100", "monthly_call_limit": " 7 "},
        {
            "billing_plan": ["starter", "business"],
            "max_concurrent_calls": [10, 100],
            "monthly_call_limit": [1_000, 7],
        },
    ),
    "sip": (
        {
            "sip_enabled": True,
            "sip_domain": "SIP.Bücher.example:5070",
            "sip_username": "trunk-17",
            "sip_password": " twelve chars ",
        },
        {
            "sip_enabled": [False, True],
            "sip_domain": [None, "sealed"],
            "sip_username": [None, "sealed"],
            "sip_password": [None, "set"],
        },
    ),
    "features": (
        {
            "recording_enabled": False,
            "recording_format": "ogg",
            "retention_days": "3650",
            "analytics_enabled": False,
        },
        {
            "recording_enabled": [True, False],
            "recording_format": ["mp4", "ogg"],
            "retention_days": [90, 3_650],
            "analytics_enabled": [True, False],
        },
    ),
    "compliance": (
        {"hipaa_enabled": True, "pci_enabled": True},
        {"hipaa_enabled": [False, True], "pci_enabled": [False, True]},
    ),
    "webhook": (
        {"webhook_url": "HTTPS://Hooks.Example.com:443/t?k=1", "webhook_timeout_seconds": "60"},
        {"webhook_url": [None, "sealed"], "webhook_timeout_seconds": [20, 60]},
    ),
}
STORED = {
    "sip_domain": "sip.xn--bcher-kva.example:5070",
    "sip_username": "trunk-17",
    "sip_password": " twelve chars ",
    "webhook_url": "https://hooks.example.com/t?k=1",
}
# What the line in the card says: the first three changes, and the way back.
_UNDO = " · Undo what was just saved"
SAVED = {
    "organisation": "Saved: name Northwind → Southwind, metadata crm → 17, metadata é → [true]",
    "billing": (
        "Saved: billing plan Starter → Business, concurrent calls 10 → 100,"
        " monthly call limit 1,000 → 7"
    ),
    "sip": (
        "Saved: SIP calling off → on, SIP domain → sip.xn--bcher-kva.example:5070,"
        " SIP username → trunk-17 and 1 more"
    ),
    "features": (
        "Saved: recording on → off, recording format mp4 → ogg,"
        " days that recordings are kept 90 → 3,650 and 1 more"
    ),
    "compliance": "Saved: HIPAA off → on, PCI DSS off → on",
    "webhook": ("Saved: webhook URL → https://hooks.example.com/t?k=1, webhook timeout 20 → 60"),
}
SAVED = {section: line + _UNDO for section, line in SAVED.items()}
PARTS = [
    "tenant-header",
    "tenant-now",
    "tenant-more",
    "history-card",
    "messages",
    "spoken",
    "tenant-news",
]
SWITCHES = {
    *("sip_enabled", "recording_enabled", "analytics_enabled", "hipaa_enabled", "pci_enabled"),
    *("data_encryption_enabled", "remove_sip_password"),
}


@pytest.fixture(autouse=True)
def planted(secrets):
    secrets.add(STORED["sip_password"].strip())


def opened(changes):
    """An entry's changes with the sealed values as the word "sealed"."""
    return {
        field: ["sealed" if isinstance(side, dict) and "sealed" in side else side for side in pair]
        for field, pair in changes.items()
    }


@pytest.mark.parametrize("section", SECTIONS)
class TestForm:
    def test_is_a_page_or_takes_the_place_of_its_card(self, admin, tenant, section):
        page = admin.get(edit_url(tenant, section))
        fragment = admin.get(edit_url(tenant, section), htmx=True)
        assert page.fields.keys() == fragment.fields.keys()
        url = tenant_url(tenant, section)
        for answer in (page, fragment):
            form, card = answer.form(), answer.by_id(f"section-{section}")
            in_place = url if answer is fragment else None
            assert (form.get("action"), form.get("hx-post")) == (url, in_place)
            assert form.get("hx-target") == (f"#{card.get('id')}" if in_place else None)
            [cancel] = [a for a in dom.elements(form, "a") if dom.words(a) == "Cancel"]
            assert (cancel.get("href"), cancel.get("hx-get")) == (url, in_place)
            buttons = dom.elements(form, "button")
            assert len([b for b in buttons if "btn-primary" in b.get("class", "").split()]) == 1
        assert len(dom.elements(fragment.tree, "section")) == 1

    def test_holds_exactly_what_the_design_says(self, admin, tenant, section):
        form = admin.get(edit_url(tenant, section))
        names = {
            c.get("name") for c in form.form().iter() if c.tag in ("input", "select", "textarea")
        }
        expected = {field.name for field in fields_of(section)}
        assert expected >= {*EDITS[section][1]}
        assert names - {"ceilings_seen"} == {*expected, "csrf_token", "version", "reason"}
        assert form.field("version") == "1"

    def test_names_limits_no_stricter_than_the_server(self, admin, tenant, section):
        form = admin.get(edit_url(tenant, section), htmx=True)
        for name in EDITS[section][1]:
            control, spec = form.control(name), FIELDS[name]
            if control.get("maxlength"):
                assert int(control.get("maxlength")) >= spec.maximum
            assert control.get("min") is None or int(control.get("min")) <= spec.minimum
            assert control.get("max") is None or int(control.get("max")) >= spec.maximum
            assert control.get("type") in ("text", "checkbox", "password", None)

    def test_saved_plainly_leads_to_the_card(self, admin, tenant, section):
        typed, changes = EDITS[section]
        answer = admin.edit(tenant, section, **typed)
        assert answer.location == f"{tenant_url(tenant)}#section-{section}"
        body = assert_audited(f"tenant.{section}.updated", tenant, reason=REASON, source="ui")
        assert opened(body["changes"]) == changes
        user = admin.user
        assert body["actor"] == {
            "type": "user",
            "id": str(user.id),
            "name": user.username,
            "role": "admin",
        }
        assert (body["outcome"], body["address"]) == ("success", "127.0.0.1")
        assert body["tenant"]["version"] == fresh(tenant).version == 2
        assert UUID(body["request"])
        assert body["agent"].startswith("Werkzeug")
        for field, (_old, new) in changes.items():
            assert getattr(fresh(tenant), field) == STORED.get(field, new)
        card = f"section-{section}"
        assert SAVED[section] in admin.get(tenant_url(tenant)).words_of(card)
        assert "Saved" not in admin.get(tenant_url(tenant)).words
        assert_history_holds()

    def test_saved_by_htmx_brings_every_part_that_changed(self, admin, tenant, section):
        answer = admin.edit(tenant, section, htmx=True, **EDITS[section][0])
        card = f"#section-{section}"
        targets = {card, *(f"#{name}" for name in PARTS)}
        assert set(answer.parts) == targets
        # The card shows it and leads back; a screen reader is told.
        assert SAVED[section] in answer.words_of(card[1:])
        [undo] = [a for a in dom.elements(answer.parts[card], "a") if "Undo" in dom.words(a)]
        assert undo.get("href") == f"/audit/{last_body()['id']}/revert"
        said = SAVED[section].removesuffix(_UNDO).replace("→", "to")
        assert dom.words(answer.parts["#spoken"]) == said
        assert answer.history[0].get("id") == f"audit-{last_body()['id']}"
        assert "Edit" in answer.words_of(f"section-{section}")
        assert f"changed just now by {admin.user.username}" in answer.words_of("tenant-header")
        page = admin.get(tenant_url(tenant))
        for name in (card[1:], "tenant-now", "tenant-more", "history-card"):
            shown = answer.words_of(name).replace(f"{SAVED[section]} ", "")
            assert shown == page.words_of(name)

    def test_shows_what_was_saved(self, admin, tenant, section):
        admin.edit(tenant, section, **EDITS[section][0])
        form = admin.get(edit_url(tenant, section))
        now = fresh(tenant)
        assert form.field("version") == "2"
        for field in EDITS[section][1]:
            value = getattr(now, field)
            if field in SWITCHES:
                assert (form.field(field) == "y") is value
            elif field == "meta_data":
                assert form.field(field).split() == [
                    "{",
                    '"crm":',
                    "17,",
                    '"é":',
                    "[",
                    "true",
                    "]",
                    "}",
                ]
            else:
                assert form.field(field) == ("" if field == "sip_password" else str(value))
        assert form.field("reason") == ""

    def test_with_nothing_changed_writes_nothing(self, admin, tenant, section):
        admin.edit(tenant, section, **EDITS[section][0])
        for htmx in (False, True):
            with raw.unchanged():
                answer = admin.edit(tenant, section, htmx=htmx)
        assert "Nothing changed, so nothing was saved." in dom.words(answer.parts["#live"])
        assert "Nothing changed, so nothing was saved." in admin.get(tenant_url(tenant)).words

    def test_ignores_what_is_none_of_its_fields(self, admin, tenant, section):
        others = {
            k: v for name, (typed, _) in EDITS.items() if name != section for k, v in typed.items()
        }
        foreign = {
            **others,
            **{"id": UUID(int=7), "tenant_id": UUID(int=7), "status": "blocked", "role": "admin"},
            **{"monthly_usage_cents": 0, "usage_cents": 0, "blocked_services": ["sip"]},
            **{"created_at": "2020-01-01", "onboarded_at": "2020-01-01", "actor": "mallory"},
            **{
                "webhook_secret": "whsec_x",
                "name_key": "x",
                "name_sort": "x",
                "sip_domain_index": "x",
                "action": "x",
            },
            **{"webhook_secret_sealed": "e1.k1.x", "sip_password_sealed": "e1.k1.x", "seq": 1},
        }
        with raw.unchanged():
            admin.edit(tenant, section, **foreign)
        typed, changes = EDITS[section]
        admin.edit(tenant, section, **foreign | typed)
        assert opened(last_body()["changes"]) == changes


class TestUntouchedField:
    def test_stays_as_it_was_stored_by_an_older_rule(self, admin):
        """Names had no single spaces, nor was every invisible character refused."""
        tenant = make_tenant(name="Nimbus  \u200bDouble")
        admin.edit(tenant, "organisation", meta_data='{"crm": 17}')
        assert last_body()["changes"] == {"meta_data": [{}, {"crm": 17}]}
        assert "name" in admin.edit(tenant, "organisation", 422, name="Nimbus \u200bDouble").errors
        admin.edit(tenant, "organisation", name="Nimbus   Double")
        assert last_body()["changes"] == {"name": ["Nimbus  \u200bDouble", "Nimbus Double"]}


class TestReason:
    def test_is_needed_of_staff(self, admin, tenant):
        form = admin.get(edit_url(tenant, "features"), htmx=True)
        with raw.unchanged():
            for reason in ("", "  ", "ab", " ab ", "x" * 201, "a\u202eb", "two\nlines", "bell\x07"):
                answer = admin.submit(form, 422, htmx=True, retention_days=5, reason=reason)
                assert list(answer.errors) == ["reason"]
                assert answer.control("reason").get("value") == reason

    def test_of_three_to_two_hundred_characters_is_kept(self, admin, tenant):
        for days, reason in ((5, "abc"), (6, "x" * 200), (7, "🏥" * 200)):
            admin.edit(tenant, "features", retention_days=days, reason=f" {reason} ")
            assert last_body()["reason"] == reason


class TestSwitch:
    def test_that_is_missing_is_off_and_any_value_is_on(self, admin, tenant):
        form = admin.get(edit_url(tenant, "features"))
        data = dict(form.fields, reason=[REASON])
        del data["recording_enabled"], data["analytics_enabled"]
        admin.post(tenant_url(tenant, "features"), data, 303)
        assert (fresh(tenant).recording_enabled, fresh(tenant).analytics_enabled) == (False, False)
        for value in ("on", "true", "1"):
            tenant = make_tenant(recording_enabled=False)
            admin.edit(tenant, "features", recording_enabled=value)
            assert fresh(tenant).recording_enabled is True


class TestContract:
    """What programs post: the fields of DESIGN 2.2 and nothing else."""

    @pytest.mark.parametrize("section", SECTIONS)
    def test_fields_are_enough(self, admin, tenant, section):
        technical = {"csrf_token": admin.token(), "version": "1", "reason": REASON}
        data = {name: [value] for name, value in {**typed_defaults(section), **technical}.items()}
        admin.post(tenant_url(tenant, section), changed(data, EDITS[section][0]), 303)
        assert opened(last_body()["changes"]) == EDITS[section][1]


class TestOwner:
    @pytest.mark.parametrize("section", ["organisation", "features", "webhook", "sip"])
    def test_gives_no_reason(self, owner, tenant, section):
        form = owner.get(edit_url(tenant, section))
        assert "reason" not in form.fields
        typed, changes = EDITS[section]
        owner.submit(form, 303, **typed, reason="posted all the same")
        body = assert_audited(f"tenant.{section}.updated", tenant, reason=None)
        assert (body["actor"]["role"], body["actor"]["id"]) == ("owner", str(owner.user.id))
        expected = {k: v for k, v in changes.items() if k not in STAFF_FIELDS}
        assert opened(body["changes"]) == expected

    @pytest.mark.parametrize("name", STAFF_FIELDS)
    def test_neither_sees_nor_sets_what_is_for_staff(self, owner, tenant, name):
        field = FIELDS[name]
        stored = getattr(fresh(tenant), name)
        typed = {"name": "Mine"} if field.use.section == "organisation" else {}
        assert name not in owner.get(edit_url(tenant, field.use.section)).fields
        for value in (other_value(field), "nothing that it could be"):
            owner.edit(tenant, field.use.section, **typed, **{name: typed_value(value)})
            assert getattr(fresh(tenant), name) == stored
        assert fresh(tenant).name == typed.get("name", tenant.name)
        assert all(name not in body["changes"] for body in bodies(tenant)[1:])

    def test_of_a_closed_tenant_can_only_read(self, sign_in):
        tenant = make_tenant()
        owner, admin = sign_in("owner", tenant), sign_in("admin")
        forms = {name: owner.get(edit_url(tenant, name)) for name in SECTIONS}
        form = admin.get(edit_url(tenant, "status"))
        admin.submit(form, 303, status="inactive", reason=REASON)
        with raw.only_asked():
            for name, form in forms.items():
                for htmx in (False, True):
                    answer = owner.submit(form, 403, htmx=htmx, **EDITS[name][0])
                    assert "can be read, not changed" in answer.words
        admin.edit(tenant, "features", retention_days=1)
        assert fresh(tenant).retention_days == 1

    def test_of_one_that_is_closed_while_they_save_is_refused_as_well(self, owner, tenant):
        edit = Edit({"retention_days": 1}, ["retention_days"], 1)
        revise(tenant, Action.TENANT_STATUS, status="inactive")
        with raw.unchanged(), pytest.raises(Closed):
            update_section(tenant.id, SECTIONS["features"], edit, an_actor(owner.user))

    def test_of_a_suspended_tenant_can_change_it(self, sign_in):
        tenant = make_tenant(status="suspended", blocked_services=["calls"])
        sign_in("owner", tenant).edit(tenant, "features", retention_days=1)
        assert fresh(tenant).retention_days == 1


class TestSecret:
    def test_is_kept_when_left_blank_and_removed_by_the_box(self, admin):
        tenant = make_tenant(sip_password="first password")
        form = admin.get(edit_url(tenant, "sip"))
        assert "Leave this blank to keep it." in form.words
        admin.submit(form, 303, sip_username="u", reason=REASON)
        assert fresh(tenant).sip_password == "first password"
        assert "sip_password" not in last_body()["changes"]
        admin.edit(tenant, "sip", sip_password="second password")
        assert last_body()["changes"] == {"sip_password": ["set", "replaced"]}
        admin.edit(tenant, "sip", remove_sip_password=True)
        assert last_body()["changes"] == {"sip_password": ["set", "removed"]}
        assert fresh(tenant).sip_password is None
        assert "remove_sip_password" not in admin.get(edit_url(tenant, "sip")).text

    def test_says_when_and_by_whom_it_was_set(self, admin, tenant):
        admin.edit(tenant, "sip", sip_password="first password")
        page = admin.get(tenant_url(tenant))
        assert re.match(rf"Set on .* by {admin.user.username}", page.fact("Password", "sip"))
