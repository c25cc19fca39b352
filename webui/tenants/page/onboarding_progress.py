"""The progress of a tenant in the onboarding wizard, for its pages and for the wizard."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from webui.core.extensions import db
from webui.models import Onboarding, Tenant
from webui.models.tenant.onboarding import STEP_LABELS, STEPS, Passed, Step


@dataclass(frozen=True)
class Place:
    """A step of the wizard as a page shows it. ``state`` is done, skipped or open."""

    step: Step
    state: str
    current: bool
    reachable: bool

    @property
    def label(self) -> str:
        """The label of the step."""
        return STEP_LABELS[self.step]

    @property
    def number(self) -> int:
        """The number of the step, from 1."""
        return STEPS.index(self.step) + 1


@dataclass(frozen=True)
class Progress:
    """The unfinished wizard of a tenant. ``since`` is None when it was not begun."""

    places: list[Place]
    since: datetime | None

    @property
    def current(self) -> Place:
        """The step where the owner continues."""
        return next(place for place in self.places if place.current)

    def labels(self, state: str) -> list[str]:
        """Returns the labels of the steps in a state."""
        return [place.label for place in self.places if place.state == state]


def progress_of(tenant_id: UUID) -> Onboarding:
    """Returns the tenant's row, or a new one that is not yet added to the session."""
    return db.session.get(Onboarding, tenant_id) or Onboarding(tenant_id)


def progress(tenant: Tenant) -> Progress | None:
    """Returns the tenant's progress, or None when its wizard is finished."""
    if tenant.onboarded_at:
        return None
    row = db.session.get(Onboarding, tenant.id)
    return Progress(places(row or Onboarding(tenant.id)), row.updated_at if row else None)


def places(row: Onboarding, current: Step | None = None) -> list[Place]:
    """Returns every step; ``current`` is the one shown, by default where the owner continues."""
    here = current or Step(row.step)
    return [
        Place(
            step,
            Passed(row.passed[step]).value if step in row.passed else "open",
            step is here,
            row.may_open(step),
        )
        for step in STEPS
    ]
