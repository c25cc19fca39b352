"""The same change by form and by program: one verdict, one stored result, one entry."""

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.conftest import Program, path_of
from tests.factories import make_tenant, make_user, revise
from tests.history import count_entries, last_body
from tests.web.pages import PASSWORD, REASON, Browser
from webui.core.catalogue import FIELDS, fields_of
from webui.core.extensions import db
from webui.core.field_types import Choice, Metadata, Sealed, Switch, Whole
from webui.core.limits import CEILING_FIELDS, PLANS
from webui.history.record.actions import Action
from webui.models import Tenant
from webui.tenants.core.sections import SECTIONS
from webui.web.posted import action_rates

pytestmark = pytest.mark.both_databases
# Texts that are typed, pasted and attacked with; a blank one says to a form what null says here.
_ODD = [
    "\u00a0",
    "  ",
    "e\u0301",
    "\u200b",
    "\u202e",
    "\t",
    "\0",
    "\u0130",
    "ﬁ",
    "١",
    "'",
    "%",
    '"',
]
_odd = st.lists(st.sampled_from(_ODD) | st.text("abZ 09", max_size=6), max_size=4).map("".join)
_words = st.builds("{}{}{}".format, _odd, st.sampled_from("aZ9é字"), _odd)


def _mostly(good, bad):
    """Values that are accepted, more often than others."""
    return st.sampled_from(good) | st.sampled_from(good) | st.sampled_from(bad) | _words


_TEXTS = {
    "name": _mostly(["  Acme  GmbH ", "e\u0301" * 255, "x" * 255], ["", "x" * 256]),
    "sip_domain": _mostly(
        [" SIP.Acme.Example:05060", "Zürich.example", "192.0.2.7"], ["a:0", "a/b", "a@b"]
    ),
    "sip_username": _mostly(["acme", " acme;x=1", "ａcme"], ["a b", "x" * 101, "“acme”"]),
    "sip_password": _mostly(["kept under lock", " 8 chars "], ["********", "x" * 129, "short"]),
    "webhook_url": _mostly(
        [" https://a.example", "HTTPS://A.example:443/x?y", "https://a.example:8443/%7e"],
        ["https://a.example/#", "https://10.0.0.1", "http://a.example"],
    ),
}
_keys = st.text("abé \0", max_size=3)
_values = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _words | st.just(1.5)
_documents = st.recursive(
    _values,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_keys, inner, max_size=2),
    max_leaves=6,
)
_metadata = st.dictionaries(_keys, _documents, max_size=3)


def _ceilings(name):
    """What the plans allow of a field, if they say anything about it."""
    found = [plan.ceiling(name) for plan in PLANS.values()] if name in CEILING_FIELDS else []
    return [one for one in found if one is not None]


def _typed(field):
    """The values that are sent for a field; None removes one."""
    if isinstance(field, Whole):
        ends = [field.minimum - 1, field.minimum, field.maximum, field.maximum + 1, 2**63]
        return st.sampled_from([*ends, *_ceilings(field.name)]) | st.integers(1, 60)
    if isinstance(field, Switch):
        return st.booleans()
    if isinstance(field, Choice):
        return st.sampled_from([*dict(field.choices), "gold"])
    if isinstance(field, Metadata):
        return _metadata
    return _TEXTS[field.name] | st.none() if isinstance(field, Sealed) else _TEXTS[field.name]


@st.composite
def changes(draw):
    """A section and what is sent for each of its fields."""
    section = draw(st.sampled_from(list(SECTIONS)))
    fields = {field.name: _typed(field) for field in fields_of(section)}
    return section, draw(st.fixed_dictionaries(fields))


_SIP = {"sip_domain": "sip.a.example", "sip_username": "a", "sip_password": "kept under lock"}
_STATES = st.fixed_dictionaries(
    {
        "billing_plan": st.sampled_from(list(PLANS)),
        "max_concurrent_calls": st.sampled_from([10, 80, 900]),
        "monthly_call_limit": st.sampled_from([0, 1_000, 60_000]),
        "data_encryption_enabled": st.just(True),
        "hipaa_enabled": st.booleans(),
        "sip_enabled": st.booleans(),
        "sip_password": st.sampled_from([None, _SIP["sip_password"]]),
    }
).map(lambda state: {**state, **(_SIP if state["sip_enabled"] else {})})


class Twins:
    """Two tenants in one state: one is changed in a browser, the other by a program."""

    def __init__(self, app, role):
        self.owner = role == "owner"
        self.tenants = [make_tenant(name="Twin"), make_tenant(name="Twin")]
        people = [make_user(role, one if self.owner else None, PASSWORD) for one in self.tenants]
        self.browser = Browser(app.test_client(), set())
        self.browser.user = people[0]
        self.browser.start_session()
        self.program = Program(app, people[1])
        self.program.get("/api/v1/me")

    def both_in(self, state):
        """Both tenants in a state."""
        for one in self.tenants:
            revise(one, Action.TENANT_SEVERAL, **{**_SIP, **state})

    def by_form(self, section, sent):
        """Posts the section's form and returns the fields with errors."""
        typed = {name: _as_typed(value) for name, value in sent.items()}
        if section == "sip":
            typed["remove_sip_password"] = sent["sip_password"] is None
        if section == "billing":
            # The form shows a lower plan's limits once; a program sends them and means them.
            typed["ceilings_seen"] = sent["billing_plan"]
        answer = self.browser.edit(self.tenants[0], section, None, **typed)
        assert answer.status in (303, 422), answer.words
        return set(answer.errors) if answer.status == 422 else set()

    def by_program(self, sent):
        """Sends the same by PUT and returns the fields with errors."""
        response = self.program.client.put(
            path_of(self.tenants[1]),
            json=sent,
            headers={"Authorization": f"Bearer {self.program.token}", "X-Change-Reason": REASON},
        )
        if response.status_code == 200:
            return set()
        assert response.status_code == 422, response.text
        return {item["loc"][1] for item in response.json["detail"]}

    def stored(self, number):
        """What is stored of a tenant."""
        db.session.rollback()
        tenant = db.session.get_one(Tenant, self.tenants[number].id)
        names = (*FIELDS, "version")
        return {name: tenant.readable(name) for name in names}


def _as_typed(value):
    """What a person types or ticks for a value."""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else value if isinstance(value, bool) else str(value)


def entry():
    """The newest entry, without what is the origin's, the tenant's and the chain's."""
    body = last_body()
    for name in ("seq", "id", "at", "actor", "source", "request", "address", "agent", "prev"):
        del body[name]
    body["tenant"] = body["tenant"]["name"], body["tenant"]["version"]
    body["changes"] = {
        name: ["sealed" if isinstance(side, dict) and "sealed" in side else side for side in sides]
        for name, sides in body["changes"].items()
    }
    return body


@pytest.mark.parametrize("role", ["support", "owner"])
def test_a_change_is_the_same_by_form_and_by_program(app, monkeypatch, role):
    monkeypatch.setattr(action_rates, "WINDOW", timedelta(0))
    twins = Twins(app, role)
    staff_only = {name for name, field in FIELDS.items() if not field.use.is_for(False)}

    @settings(max_examples=15)
    @given(changes(), _STATES)
    def check(change, state):
        section, sent = change
        if twins.owner:
            sent = {name: value for name, value in sent.items() if name not in staff_only}
        twins.both_in(state)
        before = count_entries()
        wrong = twins.by_form(section, sent)
        by_form = (count_entries() - before, entry(), twins.stored(0))
        before = count_entries()
        refused = twins.by_program(sent)
        assert {name.removeprefix("remove_") for name in wrong} == refused
        by_program = (count_entries() - before, entry(), twins.stored(1))
        assert by_form == by_program
        assert not wrong or by_form[0] == 0

    check()
