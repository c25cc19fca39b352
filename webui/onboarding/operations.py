"""Operations of the wizard: save, set aside or skip a step, and finish.

A section is saved by the tenants' own operation, with the same rules, conflicts and history.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action
from webui.history.record.actor import Actor
from webui.history.record.log import record
from webui.models import Tenant
from webui.models.columns import now
from webui.models.tenant.onboarding import Passed, Step
from webui.tenants.core import conflicts, rules
from webui.tenants.core import operations as tenant_operations
from webui.tenants.core.operations import Edit, Gone, Saved
from webui.tenants.core.sections import SECTIONS
from webui.tenants.page import onboarding_progress
from webui.web.posted import drafts


class Unfinished(Exception):
    """The wizard cannot be finished yet: ``step`` is still open."""

    def __init__(self, step: Step) -> None:
        super().__init__(f"{step} is open")
        self.step = step


@dataclass(frozen=True)
class Move:
    """A move from one step to another; ``how`` is None when the first step stays open."""

    step: Step
    to: Step
    how: Passed | None = None


def save_step(tenant_id: UUID, edit: Edit, move: Move, actor: Actor) -> Saved:
    """Saves the section of a step and moves on, in one transaction.

    Raises what tenants.operations.update_section raises.
    """

    def also() -> None:
        drafts.forget_draft(_person(actor), edit.path)
        _move(tenant_id, move)

    section = SECTIONS[move.step]
    return tenant_operations.update_section(tenant_id, section, edit, actor, also)


def set_aside(tenant_id: UUID, move: Move, path: str, typed: str, actor: Actor) -> None:
    """Moves on without saving; the input is kept as the draft of the step's form.

    Raises Gone and rules.Closed.
    """
    with write_transaction():
        _to_change(tenant_id, actor)
        drafts.put_draft(_person(actor), path, typed)
        _move(tenant_id, move)


def move_on(tenant_id: UUID, move: Move, path: str, actor: Actor) -> None:
    """Moves on without anything to save. Raises Gone and rules.Closed."""
    with write_transaction():
        _to_change(tenant_id, actor)
        drafts.forget_draft(_person(actor), path)
        _move(tenant_id, move)


def finish_onboarding(tenant_id: UUID, version: int, fields: Sequence[str], actor: Actor) -> None:
    """Finishes the wizard; does nothing when it is finished already.

    ``version`` is the one that the review showed. Raises Gone, rules.Closed, Unfinished, and
    conflicts.Conflict when another person changed one of the ``fields`` since then.
    """
    with write_transaction():
        tenant = _to_change(tenant_id, actor)
        if tenant.onboarded_at:
            return
        row = onboarding_progress.progress_of(tenant_id)
        if row.first_open is not Step.REVIEW:
            raise Unfinished(row.first_open)
        conflicts.check_conflict(tenant, fields, version)
        changes = tenant.revise({"onboarded_at": now()})
        db.session.flush()
        record(Action.TENANT_ONBOARDED, actor, tenant=tenant, changes=changes)


def _to_change(tenant_id: UUID, actor: Actor) -> Tenant:
    """Loads and locks the tenant: its onboarding row is only written under this lock."""
    tenant = db.session.get(Tenant, tenant_id, with_for_update=True)
    if tenant is None:
        raise Gone
    rules.refuse_closed(tenant, actor.role)
    return tenant


def _move(tenant_id: UUID, move: Move) -> None:
    row = onboarding_progress.progress_of(tenant_id)
    db.session.add(row)
    row.move(move.step, move.to, move.how)


def _person(actor: Actor) -> UUID:
    assert actor.id is not None
    return UUID(actor.id)
