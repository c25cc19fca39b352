"""What an entry changed, in a few words: the changes on the left, the clauses on the right."""

import pytest

from tests.samples import other_value
from webui.core.catalogue import FIELDS
from webui.core.field_types import Choice, Metadata, Sealed, Secret, Whole
from webui.history.narrative.sentences import Reader
from webui.history.narrative.short_clauses import short_clauses
from webui.history.record.actions import section_action

SEALED = {"sealed": "0" * 64}
OPENED = {("sip_domain", "old"): "a.example", ("sip_domain", "new"): "b.example"}


def said(changes, action="tenant.billing.updated", **reader):
    body = {"action": action, "changes": changes}
    clauses = short_clauses(body, Reader(opened=OPENED, **reader))
    return ["".join(part.text for part in clause) for clause in clauses]


@pytest.mark.parametrize(
    ("changes", "clauses"),
    [
        ({"max_concurrent_calls": [1_200, 60_000]}, ["concurrent calls 1,200 → 60,000"]),
        ({"billing_plan": ["starter", "business"]}, ["billing plan Starter → Business"]),
        ({"name": ["A", "B"]}, ["name A → B"]),
        ({"hipaa_enabled": [False, True]}, ["HIPAA off → on"]),
        ({"sip_domain": [SEALED, SEALED]}, ["SIP domain a.example → b.example"]),
        ({"sip_domain": [None, SEALED]}, ["SIP domain → b.example"]),
        ({"sip_domain": [SEALED, None]}, ["SIP domain a.example removed"]),
        ({"meta_data": [{"a": 1, "b": 2}, {"a": 1, "b": 3}]}, ["metadata b 2 → 3"]),
        ({"meta_data": [{"a": 1}, {"c": 2}]}, ["metadata a 1 removed", "metadata c → 2"]),
        ({"meta_data": [{"a": 1, "b": 2}, {"b": 2, "a": 1}]}, ["order of the metadata"]),
        # In the order of the page, and nothing of what only refers to something.
        (
            {"reverts": [None, "x"], "retention_days": [1, 2], "name": ["A", "B"]},
            ["name A → B", "days that recordings are kept 1 → 2"],
        ),
    ],
)
def test_of_changes(changes, clauses):
    assert said(changes) == clauses


def test_of_a_secret_is_only_what_became_of_it():
    for field in [field for field in FIELDS.values() if isinstance(field, Secret)]:
        for word in ("set", "replaced", "removed"):
            assert said({field.name: ["set", word]}) == [f"{field.use.noun} {word}"]


def test_of_a_status_is_its_sentence():
    changes = {"status": ["active", "suspended"], "blocked_services": [[], ["calls", "sip"]]}
    assert said(changes, "tenant.status.updated") == ["suspended calls and SIP"]


def test_hides_what_the_sentence_hides():
    assert said({"sip_domain": [SEALED, SEALED]}, sees_identities=False) == [
        "SIP domain hidden → hidden"
    ]
    assert said({"meta_data": [{}, {"a": 1}]}, sees_staff_fields=False) == []


def test_of_every_field_is_one():
    for field in [field for field in FIELDS.values() if field.use.section]:
        pair = ["a", other_value(field)]
        if isinstance(field, Metadata):
            pair = [{}, other_value(field)]
        elif isinstance(field, Sealed):
            pair = [None, SEALED]
        elif isinstance(field, Whole | Choice):
            pair = [field.use.default, other_value(field)]
        [clause] = said({field.name: pair}, section_action(field.use.section))
        assert clause, field.name


def test_of_a_damaged_entry_is_nothing():
    assert said({"max_concurrent_calls": ["x"]}) == []
