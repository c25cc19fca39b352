"""The choices of fields, the billing plans with their ceilings, and the limits of other input.

The fields of a tenant are declared in :mod:`webui.core.catalogue`.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from webui.core.field_types import Text, Whole


class Status(StrEnum):
    """The state of a tenant as a whole."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    SUSPENDED = "suspended"
    BLOCKED = "blocked"


class Service(StrEnum):
    """The services of a tenant that staff can stop one by one."""

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
    Status.SUSPENDED: "Selected services stop for a while. A reason is needed.",
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
        """Returns the plan's ceiling for a field of CEILING_FIELDS; None means no cap."""
        limits = {
            "max_concurrent_calls": self.max_concurrent_calls,
            "monthly_call_limit": self.monthly_call_limit,
        }
        return limits[field]

    @property
    def summary(self) -> str:
        """The limits of the plan as text: "100 calls at once, 50,000 calls a month"."""
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

THEMES = {"auto": "System", "light": "Light", "dark": "Dark"}
REASON = Text("reason", "Reason", minimum=3, maximum=200, prose=True)
USERNAME = Text("username", "Username", minimum=3, maximum=50, identifier=True)
PASSWORD = Text("password", "Password", minimum=8, maximum=72)
STAFF_PASSWORD = Text("password", "Password", minimum=12, maximum=72)
PASSKEY_NAME = Text("name", "Name", minimum=1, maximum=60)
TOKEN_NAME = Text("name", "Name", minimum=1, maximum=60)
# The reason of changes that come without one of their own.
TOKEN_PURPOSE = replace(REASON, name="purpose", label="Purpose")
TOKEN_DAYS = Whole("days", "Valid for", minimum=1, maximum=365, unit="days")
TOKEN_DAYS_DEFAULT = 90
TOKENS_MAXIMUM = 50
"""How many valid API tokens an account may have."""
EMAIL = Text("email", "E-mail", minimum=3, maximum=254, identifier=True)
