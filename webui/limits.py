"""Every limit, choice and label of a tenant's fields, stated once.

Forms, HTML attributes, CHECK constraints, history sentences and the API read them here.
A field is a small frozen record of one of the kinds in :mod:`webui.field_types`.
"""

from dataclasses import dataclass
from enum import StrEnum

from webui.field_types import MAX_SAFE_INTEGER as MAX_SAFE_INTEGER
from webui.field_types import Choice as Choice
from webui.field_types import Field as Field
from webui.field_types import Metadata as Metadata
from webui.field_types import Sealed as Sealed
from webui.field_types import Secret as Secret
from webui.field_types import Services as Services
from webui.field_types import Switch as Switch
from webui.field_types import Text as Text
from webui.field_types import Whole as Whole


class Status(StrEnum):
    """What a tenant as a whole may do."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    SUSPENDED = "suspended"
    BLOCKED = "blocked"


class Service(StrEnum):
    """What staff can stop one by one."""

    AGENTS = "agents"
    ANALYTICS = "analytics"
    CALLS = "calls"
    RECORDINGS = "recordings"
    SIP = "sip"


STATUS_LABELS = {
    Status.ACTIVE: "Active",
    Status.INACTIVE: "Inactive",
    Status.SUSPENDED: "Suspended",
    Status.BLOCKED: "Blocked",
}
STATUS_MEANINGS = {
    Status.ACTIVE: "All services run.",
    Status.SUSPENDED: "Chosen services stop, for a reason, for now.",
    Status.INACTIVE: "Closed and kept for the record. Nothing runs; the owner can only read.",
    Status.BLOCKED: "Nothing runs and the owner cannot sign in.",
}
SERVICE_LABELS = {
    Service.AGENTS: "Agents",
    Service.ANALYTICS: "Analytics",
    Service.CALLS: "Calls",
    Service.RECORDINGS: "Recordings",
    Service.SIP: "SIP",
}
RECORDING_FORMATS = {"mp4": "mp4", "mp3": "mp3", "wav": "wav", "ogg": "ogg"}


@dataclass(frozen=True)
class Plan:
    """A billing plan. ``monthly_call_limit`` None means no cap."""

    name: str
    label: str
    max_concurrent_calls: int
    monthly_call_limit: int | None
    allows_compliance: bool

    def ceiling(self, field: str) -> int | None:
        """The plan's ceiling for ``max_concurrent_calls`` or ``monthly_call_limit``."""
        limits = {
            "max_concurrent_calls": self.max_concurrent_calls,
            "monthly_call_limit": self.monthly_call_limit,
        }
        return limits[field]

    @property
    def summary(self) -> str:
        """What the plan allows, in a few words."""
        calls = (
            "no monthly cap"
            if self.monthly_call_limit is None
            else f"{self.monthly_call_limit:,} calls a month"
        )
        return f"{self.max_concurrent_calls:,} calls at once, {calls}"


PLANS = {
    plan.name: plan
    for plan in (
        Plan("starter", "Starter", 10, 1_000, allows_compliance=False),
        Plan("business", "Business", 100, 50_000, allows_compliance=False),
        Plan("enterprise", "Enterprise", 1_000, None, allows_compliance=True),
    )
}
CEILING_FIELDS = ("max_concurrent_calls", "monthly_call_limit")


def _choices(labels: dict) -> tuple[tuple[str, str], ...]:
    return tuple((str(value), label) for value, label in labels.items())


FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Text("name", "Name", "As the organisation itself writes it.", minimum=1, maximum=255),
        Metadata("meta_data", "Metadata", "A JSON object for staff: CRM ids, notes."),
        Choice("status", "Status", choices=_choices(STATUS_LABELS)),
        Services("blocked_services", "Stopped services", names=tuple(s.value for s in Service)),
        Choice(
            "billing_plan",
            "Billing plan",
            choices=tuple((plan.name, plan.label) for plan in PLANS.values()),
            details=tuple((plan.name, plan.summary) for plan in PLANS.values()),
            open_maximum=100,
        ),
        Whole("max_concurrent_calls", "Concurrent calls", minimum=1, maximum=1_000, unit="calls"),
        Whole("monthly_call_limit", "Calls a month", "0 means no calls.", unit="calls"),
        Switch("sip_enabled", "Calls by SIP", "Needs a domain, a username and a password."),
        Sealed("sip_domain", "Domain", "Host name or IPv4 address, with :port if not 5060."),
        Sealed("sip_username", "Username", maximum=100),
        Secret("sip_password", "Password", minimum=8, maximum=128),
        Switch("recording_enabled", "Record calls"),
        Choice("recording_format", "Format", choices=_choices(RECORDING_FORMATS)),
        Whole(
            "retention_days",
            "Keep recordings for",
            "Days. Older recordings are deleted.",
            minimum=1,
            maximum=3_650,
            unit="days",
        ),
        Switch("analytics_enabled", "Analytics", "Call statistics and transcripts."),
        Switch("hipaa_enabled", "HIPAA", "Health records are handled. Needs encryption."),
        Switch("pci_enabled", "PCI DSS", "Card payments are taken. Needs encryption."),
        Switch(
            "data_encryption_enabled",
            "Encrypt stored data",
            "Cannot be off while HIPAA or PCI DSS is on.",
        ),
        Sealed(
            "webhook_url",
            "URL",
            "https, port 443 or 8443, a public host name.",
            maximum=2_048,
        ),
        Whole(
            "webhook_timeout_seconds",
            "Timeout",
            "Seconds for one delivery.",
            minimum=1,
            maximum=60,
            unit="seconds",
        ),
        Secret("webhook_secret", "Signing secret"),
    )
}

THEMES = {"auto": "As the device", "light": "Light", "dark": "Dark"}
REASON = Text("reason", "Reason", minimum=3, maximum=200)
USERNAME = Text("username", "Username", minimum=3, maximum=50)
PASSWORD = Text("password", "Password", minimum=8, maximum=72)
STAFF_PASSWORD = Text("password", "Password", minimum=12, maximum=72)
PASSKEY_NAME = Text("name", "Name", minimum=1, maximum=60)
EMAIL = Text("email", "E-mail", minimum=3, maximum=254)


def whole(name: str) -> Whole:
    """The field as a whole number; raises TypeError when it is something else."""
    field = FIELDS[name]
    if not isinstance(field, Whole):
        raise TypeError(f"{name} is not a whole number")
    return field


def choice(name: str) -> Choice:
    """The field as a choice; raises TypeError when it is something else."""
    field = FIELDS[name]
    if not isinstance(field, Choice):
        raise TypeError(f"{name} is not a choice")
    return field
