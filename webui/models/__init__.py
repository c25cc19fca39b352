"""The database tables as SQLAlchemy models, independent of requests. Importing maps them all."""

from webui.models.access import DailyMark, DeniedAttempts
from webui.models.api_token import ApiToken
from webui.models.audit import AuditEntry, AuditField, AuditSealed, AuditWord, DeniedObject
from webui.models.drafts import Draft, Submission
from webui.models.factors import Authenticator, Passkey, RecoveryCode, UsedChallenge
from webui.models.job import JobState, WorkerBeat
from webui.models.key import EncryptionKey
from webui.models.link import AccountLink
from webui.models.notice import AccountNotice
from webui.models.proof import AuditCheckpoint, AuditVerification
from webui.models.seals.sealed_columns import index_keys, index_seals
from webui.models.tenant.onboarding import Onboarding
from webui.models.tenant.tenant import Tenant
from webui.models.tenant.usage import TenantUsage, UsageRank, UsageThreshold
from webui.models.throttle import TryCounter
from webui.models.user import User, UserSession
from webui.models.webhook import Delivery, DeliveryAttempt, WebhookStop, WebhookTurn

# Only the tables that grow large need these indexes; in the others a count reads every row.
index_keys(
    Tenant,
    (
        *("sip_domain", "sip_username", "sip_password"),
        *("webhook_url", "webhook_secret", "webhook_secret_previous"),
    ),
)
index_keys(AuditSealed, ("salted",))
index_seals()

__all__ = [
    "AccountLink",
    "AccountNotice",
    "ApiToken",
    "AuditCheckpoint",
    "AuditEntry",
    "AuditField",
    "AuditSealed",
    "AuditVerification",
    "AuditWord",
    "Authenticator",
    "DailyMark",
    "Delivery",
    "DeliveryAttempt",
    "DeniedAttempts",
    "DeniedObject",
    "Draft",
    "EncryptionKey",
    "JobState",
    "Onboarding",
    "Passkey",
    "RecoveryCode",
    "Submission",
    "Tenant",
    "TenantUsage",
    "TryCounter",
    "UsageRank",
    "UsageThreshold",
    "UsedChallenge",
    "User",
    "UserSession",
    "WebhookStop",
    "WebhookTurn",
    "WorkerBeat",
]
