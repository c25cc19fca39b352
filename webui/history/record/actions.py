"""The catalogue of actions (kinds of history entries), named ``thing.part.verb``."""

from enum import StrEnum
from typing import Any

from webui.core.field_types import Audience


class Effect(StrEnum):
    """The effect of an action on the tenant of its entry."""

    NONE = "none"
    """The tenant is not changed."""
    CREATION = "creation"
    """The tenant is created at version 1; no webhook event is sent."""
    CHANGE = "change"
    """The tenant gets a new version, and a webhook event reports the change."""


_STAFF, _OWNER = Audience.STAFF, Audience.OWNER
_CHANGE, _CREATION, _NOTE = Effect.CHANGE, Effect.CREATION, Effect.NONE


class Action(StrEnum):
    """The kind of a history entry.

    Each declares its audience (OWNER: the tenant's owner may read the entry) and its effect on
    the tenant. :mod:`webui.history.narrative.sentences` stops the start if its sentence is missing.
    """

    audience: Audience
    effect: Effect

    def __new__(cls, value: str, *declared: Any) -> "Action":
        """Raises ValueError, which stops the start, when a part of the declaration is missing."""
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
    USAGE_CORRECTED = "tenant.usage.corrected", _OWNER, _NOTE
    TENANT_SEVERAL = "tenant.several.updated", _OWNER, _CHANGE
    WEBHOOK_SECRET_ROTATED = "tenant.webhook_secret.rotated", _OWNER, _CHANGE
    WEBHOOK_SECRET_ENDED = "tenant.webhook_secret.ended", _OWNER, _CHANGE
    WEBHOOK_SECRET_EXPIRED = "tenant.webhook_secret.expired", _OWNER, _CHANGE
    WEBHOOK_TESTED = "tenant.webhook.tested", _OWNER, _NOTE
    WEBHOOK_RESENT = "tenant.webhook.resent", _OWNER, _NOTE
    WEBHOOK_HURRIED = "tenant.webhook.hurried", _OWNER, _NOTE
    WEBHOOK_ALL_RESENT = "tenant.webhook.all_resent", _OWNER, _NOTE
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
    TOKEN_CREATED = "token.created", _OWNER, _NOTE
    TOKEN_REVOKED = "token.revoked", _OWNER, _NOTE
    TOKEN_USED = "token.used", _STAFF, _NOTE
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
    """The result of the action."""

    SUCCESS = "success"
    DENIED = "denied"
    FAILED = "failed"


class Source(StrEnum):
    """The interface through which the action came."""

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
    """Returns the action for edits of a section."""
    return Action(f"tenant.{section}.updated")


def owner_actions() -> list[str]:
    """Returns the actions whose entries an owner may read, for the own tenant."""
    return [action.value for action in Action if action.audience is Audience.OWNER]
