"""How far the owner of a new tenant is in the wizard.

No part of the tenant itself: to skip a step or to go back changes nothing that the history
would have to tell. What the steps save, and the end of the wizard, it tells.
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
    """How a step was left behind."""

    DONE = "done"
    SKIPPED = "skipped"


class Onboarding(Model):
    """A tenant's place in the wizard. A tenant without a row is at the beginning.

    ``step`` is where the owner goes on, on whatever device; ``passed`` is step -> how it was
    left behind, and only ever grows.
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
        """The first step that was not left behind; the review at the latest."""
        return next((step for step in STEPS if step not in self.passed), Step.REVIEW)

    def may_open(self, step: Step) -> bool:
        """Whether every step before it was left behind."""
        return STEPS.index(step) <= STEPS.index(self.first_open)

    def move(self, step: Step, to: Step, how: Passed | None) -> None:
        """Leaves a step for another one. What was done once does not become skipped."""
        if how and self.passed.get(step) != Passed.DONE:
            self.passed = {**self.passed, step.value: how.value}
        self.step = (to if self.may_open(to) else self.first_open).value
        self.updated_at = now()
