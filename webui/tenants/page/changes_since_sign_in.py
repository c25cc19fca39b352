"""What the support team changed between an owner's last two sign-ins, read from the history.

The period starts at one sign-in and ends at the next, so each change is shown during exactly one
visit; no one needs to dismiss the message.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from webui.core.extensions import db
from webui.core.permissions import STAFF
from webui.history.record.actions import Action
from webui.history.record.listed import owner_fields
from webui.models import AuditEntry, AuditField

# If there were more changes in the period, only this many of the newest are read.
_MOST = 100
_WORDS = {
    Action.TENANT_STATUS: "the status",
    Action.TENANT_ORGANISATION: "the organisation’s details",
    Action.TENANT_BILLING: "the plan and limits",
    Action.TENANT_SIP: "SIP",
    Action.TENANT_FEATURES: "recording and analytics",
    Action.TENANT_COMPLIANCE: "compliance",
    Action.TENANT_WEBHOOK: "the webhook",
    Action.WEBHOOK_SECRET_ROTATED: "the webhook’s secret",
    Action.WEBHOOK_SECRET_ENDED: "the webhook’s secret",
}


@dataclass(frozen=True)
class News:
    """The changes since the sign-in at time ``at``, in the order of the page."""

    at: datetime
    parts: list[str]

    @property
    def words(self) -> str:
        """ "SIP", "SIP and compliance", "the status, SIP and compliance"."""
        *others, last = self.parts
        return f"{', '.join(others)} and {last}" if others else last


def news(tenant_id: UUID, user_id: UUID) -> News | None:
    """Returns what staff changed between the person's last two sign-ins; None for nothing."""
    mine = select(AuditEntry.seq, AuditEntry.at).where(
        AuditEntry.actor_id == str(user_id), AuditEntry.action == Action.SIGNED_IN
    )
    visits = db.session.execute(mine.order_by(AuditEntry.seq.desc()).limit(2)).all()
    if len(visits) < 2:
        return None
    this, last = visits
    theirs = select(AuditEntry.action).where(
        AuditEntry.tenant_id == tenant_id,
        AuditEntry.seq.between(last.seq, this.seq),
        AuditEntry.actor_role.in_(STAFF),
        AuditEntry.tenant_version.is_not(None),
        # A change of what is for staff only is no news.
        AuditEntry.seq.in_(
            select(AuditField.seq).where(
                AuditField.tenant_id == tenant_id,
                AuditField.field.in_(owner_fields()),
                AuditField.seq.between(last.seq, this.seq),
            )
        ),
    )
    found = set(db.session.scalars(theirs.order_by(AuditEntry.seq.desc()).limit(_MOST)))
    parts = list(dict.fromkeys(words for action, words in _WORDS.items() if action in found))
    return News(last.at, parts) if parts else None
