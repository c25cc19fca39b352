"""Every kind of history entry, in one grammar: ``thing.part.verb``."""

from enum import StrEnum


class Action(StrEnum):
    """What an entry says happened."""

    TENANT_CREATED = "tenant.created"
    TENANT_ONBOARDED = "tenant.onboarding.finished"
    TENANT_ORGANISATION = "tenant.organisation.updated"
    TENANT_BILLING = "tenant.billing.updated"
    TENANT_SIP = "tenant.sip.updated"
    TENANT_FEATURES = "tenant.features.updated"
    TENANT_COMPLIANCE = "tenant.compliance.updated"
    TENANT_WEBHOOK = "tenant.webhook.updated"
    TENANT_STATUS = "tenant.status.updated"
    WEBHOOK_SECRET_ROTATED = "tenant.webhook_secret.rotated"
    WEBHOOK_SECRET_ENDED = "tenant.webhook_secret.ended"
    WEBHOOK_SECRET_EXPIRED = "tenant.webhook_secret.expired"
    WEBHOOK_TESTED = "tenant.webhook.tested"
    WEBHOOK_RESENT = "tenant.webhook.resent"
    WEBHOOK_STOPPED = "tenant.webhook.stopped"
    WEBHOOK_RESUMED = "tenant.webhook.resumed"
    USER_CREATED = "user.created"
    USER_INVITED = "user.invited"
    USER_DISABLED = "user.disabled"
    USER_ENABLED = "user.enabled"
    USER_ROLE = "user.role.updated"
    INVITATION_ISSUED = "user.invitation.issued"
    RESET_LINK_ISSUED = "user.reset_link.issued"
    USER_PASSWORD_SET = "user.password.set"
    USER_PREFERENCES = "user.preferences.updated"
    USER_PASSWORD = "user.password.updated"
    USER_PASSWORD_RENEWED = "user.password.renewed"
    USER_SESSIONS = "user.sessions.ended"
    USER_AUTHENTICATOR = "user.authenticator.updated"
    USER_PASSKEY_ADDED = "user.passkey.added"
    USER_PASSKEY_RENAMED = "user.passkey.renamed"
    USER_PASSKEY_REMOVED = "user.passkey.removed"
    USER_RECOVERY_CODES = "user.recovery_codes.updated"
    USER_RESEALED = "user.resealed"
    KEY_ADDED = "keys.added"
    KEY_PROMOTED = "keys.promoted"
    KEYS_ROTATED = "keys.rotated"
    KEY_RETIRED = "keys.retired"
    USER_FACTORS_REMOVED = "user.factors.removed"
    USER_SESSIONS_REVOKED = "user.sessions.revoked"
    SIGNED_IN = "session.started"
    SIGN_IN_FAILED = "session.refused"
    CODE_REFUSED = "session.code.refused"
    OWN_PASSWORD_REFUSED = "session.password.refused"
    TRY_DELAYED = "session.delayed"
    SIGNED_OUT = "session.ended"
    AUDIT_EXPORTED = "audit.exported"
    AUDIT_OPENED = "audit.opened"
    AUDIT_ERASED = "audit.erased"
    ACCESS_DENIED = "access.denied"


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
