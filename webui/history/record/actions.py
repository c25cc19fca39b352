"""Every kind of history entry, in one grammar: ``thing.part.verb``."""

from enum import StrEnum
from typing import Any

from webui.core.field_types import Audience


class Effect(StrEnum):
    """What an entry of an action means for its tenant."""

    NONE = "none"
    """The tenant stays as it is."""
    CREATION = "creation"
    """The tenant begins at its first version; nobody is told by webhook."""
    CHANGE = "change"
    """The tenant has a new version, and its receiver is told what may be told."""


_STAFF, _OWNER = Audience.STAFF, Audience.OWNER
_CHANGE, _CREATION, _NOTE = Effect.CHANGE, Effect.CREATION, Effect.NONE


class Action(StrEnum):
    """What an entry says happened.

    Each declares who may read its entries of the own tenant, and its effect on the tenant. Its
    sentence is in :mod:`webui.history.narrative.sentences`, which refuses to start without one.
    """

    audience: Audience
    effect: Effect

    def __new__(cls, value: str, *declared: Any) -> "Action":
        """Nothing has a default: a ValueError stops the start when a part is left unsaid."""
        action = str.__new__(cls, value)
        action._value_ = value
        action.audience, action.effect = declared
        return action

    TENANT_CREATED = "tenant.created", _OWNER, _CREATION
    TENANT_ONBOARDED = "tenant.onboarding.finished", _OWNER, _CHANGE
    TENANT_ORGANISATION = "tenant.organisation.updated", _OWNER, _CHANGE
    TENANT_BILLING = "tenant.billing.updated", _OWNER, _CHANGE
    TENANT_SIP = "tenant.sip.updated", _OWNER, _CHANGE
    TENANT_FEATURES = "tenant.features.updated", _OWNER, _CHANGE
    TENANT_COMPLIANCE = "tenant.compliance.updated", _OWNER, _CHANGE
    TENANT_WEBHOOK = "tenant.webhook.updated", _OWNER, _CHANGE
    TENANT_STATUS = "tenant.status.updated", _OWNER, _CHANGE
    WEBHOOK_SECRET_ROTATED = "tenant.webhook_secret.rotated", _OWNER, _CHANGE
    WEBHOOK_SECRET_ENDED = "tenant.webhook_secret.ended", _OWNER, _CHANGE
    WEBHOOK_SECRET_EXPIRED = "tenant.webhook_secret.expired", _OWNER, _CHANGE
    WEBHOOK_TESTED = "tenant.webhook.tested", _OWNER, _NOTE
    WEBHOOK_RESENT = "tenant.webhook.resent", _OWNER, _NOTE
    WEBHOOK_STOPPED = "tenant.webhook.stopped", _OWNER, _NOTE
    WEBHOOK_RESUMED = "tenant.webhook.resumed", _OWNER, _NOTE
    USER_CREATED = "user.created", _OWNER, _NOTE
    USER_INVITED = "user.invited", _OWNER, _NOTE
    USER_DISABLED = "user.disabled", _OWNER, _NOTE
    USER_ENABLED = "user.enabled", _OWNER, _NOTE
    USER_ROLE = "user.role.updated", _OWNER, _NOTE
    INVITATION_ISSUED = "user.invitation.issued", _OWNER, _NOTE
    RESET_LINK_ISSUED = "user.reset_link.issued", _OWNER, _NOTE
    USER_PASSWORD_SET = "user.password.set", _OWNER, _NOTE
    USER_PREFERENCES = "user.preferences.updated", _OWNER, _NOTE
    USER_PASSWORD = "user.password.updated", _OWNER, _NOTE
    USER_PASSWORD_RENEWED = "user.password.renewed", _OWNER, _NOTE
    USER_SESSIONS = "user.sessions.ended", _OWNER, _NOTE
    USER_AUTHENTICATOR = "user.authenticator.updated", _OWNER, _NOTE
    USER_PASSKEY_ADDED = "user.passkey.added", _OWNER, _NOTE
    USER_PASSKEY_RENAMED = "user.passkey.renamed", _OWNER, _NOTE
    USER_PASSKEY_REMOVED = "user.passkey.removed", _OWNER, _NOTE
    USER_RECOVERY_CODES = "user.recovery_codes.updated", _OWNER, _NOTE
    USER_RESEALED = "user.resealed", _OWNER, _NOTE
    KEY_ADDED = "keys.added", _STAFF, _NOTE
    KEY_PROMOTED = "keys.promoted", _STAFF, _NOTE
    KEYS_ROTATED = "keys.rotated", _STAFF, _NOTE
    KEY_RETIRED = "keys.retired", _STAFF, _NOTE
    USER_FACTORS_REMOVED = "user.factors.removed", _OWNER, _NOTE
    USER_SESSIONS_REVOKED = "user.sessions.revoked", _OWNER, _NOTE
    SIGNED_IN = "session.started", _STAFF, _NOTE
    SIGN_IN_FAILED = "session.refused", _STAFF, _NOTE
    CODE_REFUSED = "session.code.refused", _STAFF, _NOTE
    OWN_PASSWORD_REFUSED = "session.password.refused", _STAFF, _NOTE
    OWN_CONFIRMED = "session.confirmed", _STAFF, _NOTE
    TRY_DELAYED = "session.delayed", _STAFF, _NOTE
    SIGNED_OUT = "session.ended", _STAFF, _NOTE
    AUDIT_EXPORTED = "audit.exported", _STAFF, _NOTE
    AUDIT_OPENED = "audit.opened", _STAFF, _NOTE
    AUDIT_ERASED = "audit.erased", _OWNER, _NOTE
    ACCESS_DENIED = "access.denied", _STAFF, _NOTE


class Outcome(StrEnum):
    """How it ended."""

    SUCCESS = "success"
    DENIED = "denied"
    FAILED = "failed"


class Source(StrEnum):
    """Which door it came through."""

    UI = "ui"
    WIZARD = "wizard"
    API = "api"
    CLI = "cli"
    IMPORT = "import"


SOURCE_LABELS = {
    Source.UI: "UI",
    Source.WIZARD: "Wizard",
    Source.API: "API",
    Source.CLI: "Command",
    Source.IMPORT: "Import",
}


def section_action(section: str) -> Action:
    """The action of an edit of a section."""
    return Action(f"tenant.{section}.updated")


def owner_actions() -> list[str]:
    """The actions whose entries an owner may read, of the own tenant."""
    return [action.value for action in Action if action.audience is Audience.OWNER]
