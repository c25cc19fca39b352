"""Undo of a history entry: the plan of what changes back, and the edit that does it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import SelectMultipleField

from webui.core.catalogue import FIELDS
from webui.core.extensions import db
from webui.core.field_types import Metadata, Secret, Text
from webui.crypto.keyring import SecretError
from webui.history.narrative.sentences import NOT_OURS
from webui.history.query import history, line_diff
from webui.history.query.diff import value_in_words
from webui.history.query.entry_protocol import Entry
from webui.history.query.labels import field_label
from webui.history.query.line_diff import Line
from webui.history.record import bodies
from webui.history.record.actor import Actor
from webui.history.record.log import open_sealed
from webui.models import AuditEntry, AuditSealed, Tenant
from webui.models.tenant.tenant import UNREADABLE
from webui.tenants.core.forms import TenantForm, form_value
from webui.tenants.core.operations import Edit, Saved
from webui.tenants.core.rules import RuleBroken
from webui.tenants.page.overview import LastChange, last_change
from webui.tenants.reverts.revertible_forms import RevertibleForm, revertible_form
from webui.values import Refused, text
from webui.web.posted.forms import reason_field


class UndoState(StrEnum):
    """Whether a field can be set back, or why not."""

    BACK = "back"
    SAME = "same"
    SECRET = "secret"
    ERASED = "erased"
    UNREADABLE = "unreadable"


STATE_WORDS = {
    UndoState.SAME: "Already has this value.",
    UndoState.SECRET: "Secrets are not kept in the history, so they cannot be undone.",
    UndoState.ERASED: "The previous value was erased from the history. It cannot be undone.",
    UndoState.UNREADABLE: "The previous value cannot be read: its key is missing or it is damaged.",
}


@dataclass(frozen=True)
class UndoStep:
    """One field of the entry: its value now and its value before the entry, as text.

    ``since`` is the change of the field after the entry; None when there was none.
    """

    name: str
    label: str
    state: UndoState
    now: str | None
    made: str | None
    back: str | None
    since: LastChange | None
    value: Any = None

    @property
    def possible(self) -> bool:
        """Whether the field can be set back now."""
        return self.state is UndoState.BACK

    @property
    def lines(self) -> list[Line]:
        """The difference line by line, of a text of several lines."""
        return line_diff.between(self.now, self.back)


@dataclass(frozen=True)
class UndoPlan:
    """What undoing an entry would change in the tenant as it is now."""

    entry: AuditEntry
    tenant: Tenant
    part: RevertibleForm
    steps: list[UndoStep]

    @property
    def possible(self) -> list[UndoStep]:
        """The steps whose fields can be set back."""
        return [step for step in self.steps if step.possible]


class RevertForm(TenantForm):
    """The fields to set back, and the reason."""

    field = SelectMultipleField("Fields", validate_choice=False)
    reason = reason_field()


def plan_undo(entry: AuditEntry, tenant: Tenant) -> UndoPlan | None:
    """Returns the plan to undo an entry; None for an entry that cannot be undone."""
    try:
        return _plan(entry, tenant)
    except NOT_OURS:
        return None


def _plan(entry: AuditEntry, tenant: Tenant) -> UndoPlan | None:
    part, changes = revertible_form(entry.action), bodies.read_body(entry.body)["changes"]
    names = [name for name in FIELDS if part and name in part.fields and name in changes]
    if part is None or not names:
        return None
    latest = history.latest_by_field(tenant.id, names)
    return UndoPlan(
        entry, tenant, part, [_step(entry, tenant, n, changes[n], latest) for n in names]
    )


def _step(
    entry: AuditEntry,
    tenant: Tenant,
    name: str,
    sides: Sequence[Any],
    latest: Mapping[str, Entry],
) -> UndoStep:
    last = latest.get(name)
    since = last_change(last) if last and last.seq > entry.seq else None
    label = field_label(name)
    if isinstance(FIELDS[name], Secret):
        return UndoStep(name, label, UndoState.SECRET, None, None, None, since)
    state, old = _side(entry, name, "old", sides[0])
    old = _as_stored_now(name, old)
    _, made = _side(entry, name, "new", sides[1])
    if state is UndoState.BACK and not tenant.differs(name, old):
        state = UndoState.SAME
    now, made, back = (_words(name, value) for value in (tenant.readable(name), made, old))
    return UndoStep(name, label, state, now, made, back, since, old)


def _as_stored_now(name: str, value: Any) -> Any:
    """Returns a text as its rule stores it today: old names may have several spaces in a row."""
    spec = FIELDS[name]
    with suppress(Refused):
        return text(value, spec) if isinstance(spec, Text) and isinstance(value, str) else value
    # The form says why.
    return value


def _side(entry: AuditEntry, name: str, side: str, value: Any) -> tuple[UndoState, Any]:
    """Returns one side of a change as a storable value, with its state."""
    if isinstance(FIELDS[name], Metadata) or not isinstance(value, dict):
        return (UndoState.UNREADABLE, None) if value == "unreadable" else (UndoState.BACK, value)
    row = db.session.get(AuditSealed, (entry.id, name, side))
    if row is None or row.value is None:
        return UndoState.ERASED, None
    try:
        return UndoState.BACK, open_sealed(row)
    except SecretError:
        return UndoState.UNREADABLE, None


def _words(name: str, value: Any) -> str | None:
    return "cannot be read" if value is UNREADABLE else value_in_words(name, value)


def chosen_steps(plan: UndoPlan, names: Sequence[str]) -> list[UndoStep]:
    """Returns the possible steps for these fields; all of them when they must go together."""
    if plan.part.whole:
        return plan.possible
    return [step for step in plan.possible if step.name in names]


def revert(
    plan: UndoPlan,
    steps: Sequence[UndoStep],
    version: int,
    reason: str | None,
    path: str,
    actor: Actor,
) -> Saved:
    """Sets the fields back with the form, rules and version check of a normal edit.

    Raises RuleBroken, also for a value that the form no longer accepts, and conflicts.Conflict;
    nothing is written then.
    """
    form = _form(plan, {step.name: step.value for step in steps})
    if not form.has_valid_values():
        raise RuleBroken({name: errors[0] for name, errors in form.errors.items() if name})
    fields = [step.name for step in steps] if plan.part.partly else plan.part.fields
    edit = Edit(
        values={name: value for name, value in form.values.items() if name in fields},
        fields=fields,
        version=version,
        reason=reason,
        # Values above the plan's ceilings are what the person wants back: ask for no confirmation.
        ceilings_seen=form.values.get("billing_plan"),
        path=path,
        reverts=plan.entry.id,
    )
    return plan.part.save(plan.tenant.id, edit, actor)


def _form(plan: UndoPlan, values: Mapping[str, Any]) -> TenantForm:
    """Returns the form as if a person had typed the values into it."""
    typed: MultiDict[str, str] = MultiDict()
    for name in plan.part.fields:
        if isinstance(FIELDS[name], Secret):
            typed.add(name, "")
            continue
        value = values[name] if name in values else plan.tenant.readable(name)
        as_typed = form_value(value)
        if isinstance(as_typed, list):
            typed.setlist(name, as_typed)
        elif as_typed is not False:
            typed.add(name, "y" if as_typed is True else as_typed)
    form = plan.part.form(plan.tenant, formdata=typed, meta={"csrf": False})
    if "reason" in form:
        del form["reason"]
    return form
