"""The progress of a new tenant's owner in the wizard.

Not a part of the tenant itself: skipping a step or going back changes nothing that needs a
history entry. What the steps save, and the end of the wizard, have entries.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from webui.core.extensions import Model
from webui.models.columns import CompactJSON, UTCDateTime, now


class Step(StrEnum):
    """The steps of the wizard, in their order. All but the last are sections of a tenant."""

    ORGANISATION = "organisation"
    BILLING = "billing"
    SIP = "sip"
    FEATURES = "features"
    COMPLIANCE = "compliance"
    WEBHOOK = "webhook"
    REVIEW = "review"


STEP_LABELS: Mapping[str, str] = {
    Step.ORGANISATION: "Organisation",
    Step.BILLING: "Plan",
    Step.SIP: "SIP",
    Step.FEATURES: "Recording",
    Step.COMPLIANCE: "Compliance",
    Step.WEBHOOK: "Webhook",
    Step.REVIEW: "Review",
}
SKIPPABLE = frozenset({Step.SIP, Step.WEBHOOK})
STEPS = list(Step)


class Passed(StrEnum):
    """How a step was completed."""

    DONE = "done"
    SKIPPED = "skipped"


class Onboarding(Model):
    """A tenant's position in the wizard. A tenant without a row is at the first step.

    ``step``: where the owner continues, on any device. ``passed``: completed step -> done or
    skipped; steps are only ever added.
    """

    __tablename__ = "onboarding"
    __table_args__ = (
        CheckConstraint(
            "step IN ({})".format(", ".join(f"'{step}'" for step in Step)), name="step_limits"
        ),
    )

    tenant_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("tenants.id"), primary_key=True)
    step: Mapped[str] = mapped_column(String(20))
    passed: Mapped[dict[str, str]] = mapped_column(CompactJSON)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime)

    def __init__(self, tenant_id: UUID) -> None:
        self.tenant_id = tenant_id
        self.step = Step.ORGANISATION.value
        self.passed = {}
        self.updated_at = now()

    @property
    def first_open(self) -> Step:
        """The first step that is not completed; at the latest the review."""
        return next((step for step in STEPS if step not in self.passed), Step.REVIEW)

    def may_open(self, step: Step) -> bool:
        """Whether every step before it is completed."""
        return STEPS.index(step) <= STEPS.index(self.first_open)

    def move(self, step: Step, to: Step, how: Passed | None) -> None:
        """Moves from a step to another one. A step that was done does not become skipped."""
        if how and self.passed.get(step) != Passed.DONE:
            self.passed = {**self.passed, step.value: how.value}
        self.step = (to if self.may_open(to) else self.first_open).value
        self.updated_at = now()
