"""Every limit, choice and label of a tenant's fields, stated once.

Forms, HTML attributes, CHECK constraints, history sentences and the API read them here.
A field is a small frozen record: :meth:`Field.check` is its rule as SQL that SQLite and
PostgreSQL both understand.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

MAX_SAFE_INTEGER = 2**53 - 1
"""The largest whole number that every JSON reader keeps exactly (RFC 8785, RFC 7493)."""


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


@dataclass(frozen=True)
class Field:
    """A field of the tenant: its column name, label and one line of help."""

    name: str
    label: str
    help: str = ""

    def check(self) -> str | None:
        """The rule as portable SQL, or None when the type says it all."""
        return None

    def loose_check(self) -> str | None:
        """The type as SQL, for a database that does not insist on its column types."""
        return None


@dataclass(frozen=True)
class Text(Field):
    """Text; lengths in characters (code points) after trimming."""

    minimum: int = 0
    maximum: int = 255

    def check(self) -> str:
        """The length as SQL."""
        return f"length({self.name}) BETWEEN {self.minimum} AND {self.maximum}"


@dataclass(frozen=True)
class Whole(Field):
    """A whole number, written with the digits 0-9 only."""

    minimum: int = 0
    maximum: int = MAX_SAFE_INTEGER
    unit: str = ""

    def check(self) -> str:
        """The range as SQL."""
        return f"{self.name} BETWEEN {self.minimum} AND {self.maximum}"

    def loose_check(self) -> str:
        """Whole, and not 5.5."""
        return f"typeof({self.name}) = 'integer'"

    @property
    def range_hint(self) -> str:
        """The range as help, where it is one that people think in."""
        return "" if self.maximum == MAX_SAFE_INTEGER else f"{self.minimum:,} to {self.maximum:,}."

    @property
    def rule(self) -> str:
        """The limit in words, as help and as error."""
        return f"Enter a whole number from {self.minimum:,} to {self.maximum:,}."


@dataclass(frozen=True)
class Choice(Field):
    """One of a few words. ``open`` ones may gain words without a migration."""

    choices: tuple[tuple[str, str], ...] = ()
    open_maximum: int | None = None

    def check(self) -> str:
        """The words as SQL or, for an open catalogue, the length that is stored."""
        if self.open_maximum:
            return f"length({self.name}) BETWEEN 1 AND {self.open_maximum}"
        words = ", ".join(f"'{value}'" for value, _ in self.choices)
        return f"{self.name} IN ({words})"

    def described(self) -> tuple[tuple[str, str], ...]:
        """The words to choose from, each plan with what it allows."""
        if self.name != "billing_plan":
            return self.choices
        return tuple((p.name, f"{p.label}: {p.summary}") for p in PLANS.values())

    def label_of(self, value: str) -> str:
        """The word for people; a value that left the catalogue stands for itself."""
        return dict(self.choices).get(value, value)


@dataclass(frozen=True)
class Switch(Field):
    """On or off."""

    def loose_check(self) -> str:
        """Nothing in between."""
        return f"{self.name} IN (0, 1)"


@dataclass(frozen=True)
class Sealed(Field):
    """Text that is stored encrypted; the column holds a token that starts with ``e1.``."""

    maximum: int = 255
    minimum: int = 1

    def check(self) -> str:
        """No plaintext can be written around the code."""
        return f"{self.name} LIKE 'e1.%'"


@dataclass(frozen=True)
class Secret(Sealed):
    """A sealed value that is never shown again, not even to who set it."""


@dataclass(frozen=True)
class Services(Field):
    """A sorted list of services, stored as compact JSON."""

    def check(self) -> str:
        """Every sorted list there is, as SQL."""
        names = [service.value for service in Service]
        lists = [list(some) for n in range(len(names) + 1) for some in combinations(names, n)]
        words = ", ".join("'" + json.dumps(some, separators=(",", ":")) + "'" for some in lists)
        return f"{self.name} IN ({words})"


@dataclass(frozen=True)
class Metadata(Field):
    """A small JSON object for staff."""

    maximum_bytes: int = 16_384
    maximum_keys: int = 100
    maximum_depth: int = 5


def _choices(labels: dict) -> tuple[tuple[str, str], ...]:
    return tuple((str(value), label) for value, label in labels.items())


FIELDS: dict[str, Field] = {
    field.name: field
    for field in (
        Text("name", "Name", "As the customer writes it.", minimum=1, maximum=255),
        Metadata("meta_data", "Metadata", "A JSON object for staff: CRM ids, notes."),
        Choice("status", "Status", choices=_choices(STATUS_LABELS)),
        Services("blocked_services", "Stopped services"),
        Choice(
            "billing_plan",
            "Billing plan",
            choices=tuple((plan.name, plan.label) for plan in PLANS.values()),
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

REASON = Text("reason", "Reason", minimum=3, maximum=200)
USERNAME = Text("username", "Username", minimum=3, maximum=50)
PASSWORD = Text("password", "Password", minimum=8, maximum=72)
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
