"""How far a tenant is in the wizard, for its pages and for the wizard itself."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from webui.core.extensions import db
from webui.models import Onboarding, Tenant
from webui.models.tenant.onboarding import STEP_LABELS, STEPS, Passed, Step


@dataclass(frozen=True)
class Place:
    """A step as a page shows it. ``state`` is done, skipped or open."""

    step: Step
    state: str
    current: bool
    reachable: bool

    @property
    def label(self) -> str:
        """The step in a word."""
        return STEP_LABELS[self.step]

    @property
    def number(self) -> int:
        """Its number, from 1."""
        return STEPS.index(self.step) + 1


@dataclass(frozen=True)
class Progress:
    """The unfinished wizard of a tenant. ``since`` is None for one that nobody has begun."""

    places: list[Place]
    since: datetime | None

    @property
    def current(self) -> Place:
        """Where the owner goes on."""
        return next(place for place in self.places if place.current)

    def labels(self, state: str) -> list[str]:
        """The steps in a state, in words."""
        return [place.label for place in self.places if place.state == state]


def progress_of(tenant_id: UUID) -> Onboarding:
    """The tenant's row, or a new one that is in no session yet."""
    return db.session.get(Onboarding, tenant_id) or Onboarding(tenant_id)


def progress(tenant: Tenant) -> Progress | None:
    """The tenant's progress, or None when its wizard is finished."""
    if tenant.onboarded_at:
        return None
    row = db.session.get(Onboarding, tenant.id)
    return Progress(places(row or Onboarding(tenant.id)), row.updated_at if row else None)


def places(row: Onboarding, current: Step | None = None) -> list[Place]:
    """Every step; ``current`` is the one that is shown, by default where the owner goes on."""
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
