"""The catalogue is closed: what a field or an action does not declare is shown to nobody."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.factories import revise
from tests.outbox import deliveries, make_hooked
from tests.samples import STAFF_FIELDS, other_value
from webui.core.catalogue import FIELDS, fields_of
from webui.core.field_types import Audience, Switch, Undeclared, Use, catalogue
from webui.history.narrative.sentences import Reader, sentence
from webui.history.query.diff import pairs
from webui.history.record.actions import Action, Effect, owner_actions, section_action
from webui.history.record.listed import OTHER_FIELDS
from webui.tenants.core.sections import SECTIONS

TEXT = {".py", ".html", ".js", ".css"}
OWNER = Reader(sees_staff_fields=False, sees_staff=False)


def body(action, **changes):
    return {"action": action, "changes": changes}


class TestField:
    def test_without_a_use_stops_the_start(self):
        with pytest.raises(Undeclared, match="vip_enabled"):
            catalogue([Switch("vip_enabled", "VIP")])

    @pytest.mark.parametrize("left_out", ["section", "audience", "event", "default", "noun"])
    def test_must_say_every_part_of_its_use(self, left_out):
        said = {"section": None, "audience": Audience.STAFF, "event": None, "default": 0}
        said |= {"noun": "it"}
        del said[left_out]
        with pytest.raises(TypeError, match=left_out):
            Use(**said)

    def test_names_a_section_that_exists(self):
        assert {field.use.section for field in FIELDS.values()} == {*SECTIONS, None}

    def test_is_in_the_form_of_its_section(self):
        for name, section in SECTIONS.items():
            assert section.fields == [field.name for field in fields_of(name)]

    def test_of_metadata_is_a_special_case_nowhere(self):
        """Its name is in the catalogue, the model's column and the migrations alone."""
        files = [p for d in ("webui", "templates", "static") for p in Path(d).rglob("*.*")]
        named = {str(p) for p in files if p.suffix in TEXT and "meta_data" in p.read_text("utf-8")}
        assert {name for name in named if "migrations" not in name} == {
            *("webui/core/catalogue.py", "webui/models/tenant/tenant.py")
        }

    def test_for_staff_is_there_to_be_attacked(self):
        assert STAFF_FIELDS


@pytest.mark.parametrize("name", STAFF_FIELDS)
class TestStaffField:
    def test_is_in_no_sentence_for_an_owner(self, name):
        told = change_of(name)
        parts = sentence(told, OWNER)
        assert "".join(part.text for part in parts) == "Changed internal data"
        assert sentence(told, Reader()) != parts

    def test_is_no_value_of_an_entry_for_an_owner(self, name):
        assert pairs(change_of(name), OWNER) == []
        assert [pair.name for pair in pairs(change_of(name), Reader())] == [name]

    def test_is_named_to_no_receiver(self, name, app):
        tenant = make_hooked()
        before = len(deliveries(tenant))
        revise(tenant, action_of(name), **{name: other_value(FIELDS[name])})
        assert len(deliveries(tenant)) == before


def action_of(name):
    return section_action(FIELDS[name].use.section)


def change_of(name):
    """The body of an entry about a field."""
    field = FIELDS[name]
    return body(action_of(name), **{name: [field.use.default, other_value(field)]})


def test_a_creation_names_an_owner_no_field_that_is_for_staff(monkeypatch):
    field = FIELDS["sip_domain"]
    closed = replace(field, declared=replace(field.use, audience=Audience.STAFF))
    monkeypatch.setitem(FIELDS, "sip_domain", closed)
    changes = {"name": [None, "Acme"], "billing_plan": [None, "starter"]}
    told = body("tenant.created", **changes, sip_domain=[None, {"sealed": "x"}])
    assert "SIP domain" in "".join(part.text for part in sentence(told, Reader()))
    assert "SIP domain" not in "".join(part.text for part in sentence(told, OWNER))


class TestListed:
    def test_unknown_names_are_for_staff(self):
        seen = [pair.name for pair in pairs(body("tenant.sip.updated", x_ray=[1, 2]), OWNER)]
        assert seen == []
        assert [p.name for p in pairs(body("tenant.sip.updated", x_ray=[1, 2]), Reader())] == [
            "x_ray"
        ]

    def test_every_name_says_who_may_see_it(self):
        assert {listed.audience for listed in OTHER_FIELDS.values()} <= set(Audience)


class TestAction:
    def test_must_say_its_audience_and_effect(self):
        with pytest.raises(ValueError, match="not enough values"):
            Action._new_member_(Action, "tenant.poked")

    def test_of_colleagues_and_denials_is_not_for_owners(self):
        hidden = {Action.ACCESS_DENIED, Action.AUDIT_EXPORTED, Action.KEYS_ROTATED}
        assert hidden.isdisjoint(owner_actions())

    def test_that_changes_a_tenant_says_so(self):
        changing = {action for action in Action if action.effect is Effect.CHANGE}
        assert {section.action for section in SECTIONS.values()} <= changing
