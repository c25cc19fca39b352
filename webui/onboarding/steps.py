"""The button of a posted wizard step: where to go, and whether the step counts as done."""

from enum import StrEnum

from flask import abort, request

from webui.core.catalogue import fields_of
from webui.core.permissions import Permission, may
from webui.models.tenant.onboarding import SKIPPABLE, STEPS, Passed, Step
from webui.onboarding.operations import Move
from webui.tenants.core.forms import TenantForm
from webui.tenants.core.sections import SECTIONS
from webui.web.errors import Detail

UNKNOWN = "This form is incomplete. Reload the page and use its buttons."
# A skippable step with none of these fields counts as skipped: nothing is set up.
_MATTERS = {
    Step.SIP: ("sip_enabled", "sip_domain", "sip_username", "sip_password"),
    Step.WEBHOOK: ("webhook_url",),
}


class Go(StrEnum):
    """The field ``go``: which button was used. Buttons of the progress bar have the step's name."""

    NEXT = "next"
    BACK = "back"
    SKIP = "skip"
    LEAVE = "leave"


def posted_go(step: Step) -> Go | Step:
    """Returns the button that was used, NEXT by default. 400 for one that the step
    does not have.
    """
    sent = request.form.getlist("go") or [Go.NEXT.value]
    known: dict[str, Go | Step] = {way.value: way for way in (*Go, *Step)}
    if len(sent) != 1 or sent[0] not in known or (sent[0] == Go.SKIP and step not in SKIPPABLE):
        abort(400, Detail(UNKNOWN))
    return known[sent[0]]


def returns() -> bool:
    """Whether the step was opened from the review, so that saving returns there."""
    return request.args.get("to") == Step.REVIEW


def reviewed_fields() -> list[str]:
    """What the review shows this person, and nobody may have changed since it did."""
    everything = may(Permission.SEE_STAFF_FIELDS)
    reviewed = [field for name in SECTIONS for field in fields_of(name)]
    return sorted(field.name for field in reviewed if field.use.is_for(everything))


def move_of(step: Step, go: Go | Step, form: TenantForm | None = None) -> Move:
    """Returns the target of a button, and how it leaves the step."""
    if isinstance(go, Step) or go is Go.LEAVE:
        return Move(step, go if isinstance(go, Step) else step)
    number = STEPS.index(step)
    if go is Go.BACK:
        to = Step.REVIEW if returns() else STEPS[max(number - 1, 0)]
        return Move(step, to)
    to = Step.REVIEW if returns() else STEPS[number + 1]
    skipped = go is Go.SKIP or (form is not None and _sets_nothing_up(step, form))
    return Move(step, to, Passed.SKIPPED if skipped else Passed.DONE)


def _sets_nothing_up(step: Step, form: TenantForm) -> bool:
    """Whether a skippable step was sent without any of its important fields."""
    names = _MATTERS.get(step)
    if names is None or any(form.values.get(name) for name in names):
        return False
    # An empty password field keeps the stored one, and an unreadable value stays.
    return form.tenant is None or not any(
        form.tenant.is_set(name) for name in names if name != "sip_enabled"
    )
