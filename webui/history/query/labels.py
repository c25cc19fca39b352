"""The labels of actions, fields, outcomes and sources in the history, and the filter choices."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from webui.core.catalogue import FIELDS
from webui.core.extensions import db
from webui.history.record import bodies
from webui.history.record.actions import SOURCE_LABELS, Action, Outcome, owner_actions
from webui.history.record.listed import OTHER_FIELDS
from webui.models import AuditEntry, AuditField, Tenant

OUTCOME_LABELS = {Outcome.SUCCESS: "Success", Outcome.DENIED: "Denied", Outcome.FAILED: "Failed"}
_THINGS = {"sip": "SIP"}

_FIELDS_OF_TENANTS = "Tenant"
_AMBIGUOUS = {"sip": "SIP ", "webhook": "Webhook "}


def _action_label(action: Action) -> str:
    """Returns the label of an action: tenant.sip.updated -> "Tenant: SIP updated"."""
    thing, *rest = action.value.split(".")
    words = " ".join(_THINGS.get(word, word.replace("_", " ")) for word in rest)
    return f"{thing.capitalize()}: {words}"


CHOICES: dict[str, dict[str, str]] = {
    "action": {action.value: _action_label(action) for action in Action},
    "outcome": {outcome.value: label for outcome, label in OUTCOME_LABELS.items()},
    "source": {source.value: label for source, label in SOURCE_LABELS.items()},
}
"""Parameter -> value -> label."""


def _tenant_label(name: str) -> str:
    label = FIELDS[name].label
    prefix = _AMBIGUOUS.get(name.partition("_")[0], "")
    if not prefix or prefix.strip().lower() in label.lower():
        return label
    return prefix + (label if label.isupper() else label.lower())


_FIELD_LABELS = {
    **{name: listed.label for name, listed in OTHER_FIELDS.items()},
    **{name: _tenant_label(name) for name in FIELDS},
}


def field_label(name: str) -> str:
    """Returns the label of a field outside its section: "SIP domain", not "Domain"."""
    return _FIELD_LABELS.get(name, name)


def field_choices(sees_staff_fields: bool, sees_staff: bool) -> dict[str, str]:
    """Returns name -> label of the fields that this reader may filter by."""
    names = [name for name, field in FIELDS.items() if field.use.is_for(sees_staff_fields)]
    return {name: field_label(name) for name in [*names, *(OTHER_FIELDS if sees_staff else ())]}


def action_choices(sees_staff: bool) -> dict[str, str]:
    """The actions to choose from, for this reader: an owner is offered those for owners."""
    if sees_staff:
        return CHOICES["action"]
    return {action: CHOICES["action"][action] for action in owner_actions()}


def grouped(name: str, choices: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Returns group -> value -> label; the group is the part of the label before the colon.

    "Tenant: SIP updated" -> "Tenant" -> "SIP updated". A label without a colon is a tenant's
    field, or in other lists belongs to the group "".
    """
    groups: dict[str, dict[str, str]] = {}
    for value, label in choices.items():
        group, colon, words = label.partition(": ")
        if not colon:
            group, words = _FIELDS_OF_TENANTS if name == "field" else "", label
        groups.setdefault(group, {})[value] = words[:1].upper() + words[1:]
    return groups


def is_field(name: str, sees_staff_fields: bool, sees_staff: bool) -> bool:
    """Whether the reader may filter by a field: a choice or, for staff, any name in entries."""
    if name in field_choices(sees_staff_fields, sees_staff):
        return True
    known = select(AuditField.field).where(AuditField.field == name).limit(1)
    return sees_staff and db.session.scalars(known).first() is not None


def tenant_name(tenant_id: UUID) -> str | None:
    """Returns a tenant's present name, or else that of its newest entry; None if unknown."""
    name = db.session.scalars(select(Tenant.name).where(Tenant.id == tenant_id)).first()
    return name or _last_name(tenant_id)


def _last_name(tenant_id: UUID) -> str | None:
    entries = select(AuditEntry.body).where(AuditEntry.tenant_id == tenant_id)
    text = db.session.scalars(entries.order_by(AuditEntry.seq.desc()).limit(1)).first()
    return (bodies.read_body(text)["tenant"] or {}).get("name") if text else None
