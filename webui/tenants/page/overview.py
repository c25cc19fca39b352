"""What the tenant page shows besides the sections, by what the reader may see."""

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from flask_login import current_user
from sqlalchemy import bindparam, select

from webui.core.catalogue import FIELDS, fields_of
from webui.core.extensions import read
from webui.core.field_types import MAX_SAFE_INTEGER, Field
from webui.core.limits import CEILING_FIELDS, PLANS, SERVICE_LABELS, Service
from webui.core.permissions import Permission, may
from webui.crypto.fields import key_id
from webui.crypto.keyring import SecretError
from webui.history.query import history
from webui.history.query.entry_protocol import Entry
from webui.history.query.find import Found
from webui.history.query.history import Row
from webui.models import Tenant, TenantUsage, User
from webui.models.columns import now
from webui.models.tenant.services import ServiceState, effective_services
from webui.models.tenant.usage import month_of
from webui.models.user import NO_PASSWORD, AccountState, account_state
from webui.tenants.core.rules import is_closed_for, sip_missing
from webui.tenants.core.scope import can_edit
from webui.tenants.core.sections import SECTIONS, Section
from webui.tenants.page import compliance, onboarding_progress
from webui.tenants.page.service_stops import stops
from webui.tenants.search import identities
from webui.web.paging import Page
from webui.web.urls import url_pattern

# What is shown with who set it and when.
_SEALED = ("sip_domain", "sip_username", "sip_password", "webhook_secret")
# Built once: composing these statements costs more than running them.
_METERED = TenantUsage.__table__.c
_USAGE = select(_METERED.usage_cents, _METERED.calls, _METERED.minutes).where(
    _METERED.tenant_id == bindparam("tenant_id"), _METERED.month == bindparam("month")
)
_USERS = User.__table__.c
_OWNERS = (
    select(
        *(_USERS.id, _USERS.username, _USERS.email, _USERS.active),
        (_USERS.password_hash == NO_PASSWORD).label("invited"),
    )
    .where(_USERS.tenant_id == bindparam("tenant_id"))
    .order_by(_USERS.created_at)
    .limit(20)
)


@dataclass(frozen=True)
class Mark:
    """When, by whom and why something was last changed."""

    at: datetime
    who: str
    reason: str | None


@dataclass(frozen=True)
class Usage:
    """The current month so far, against the tenant's limit."""

    month: str
    cents: int
    calls: int
    minutes: int
    limit: int
    projected: int

    @property
    def percent(self) -> int | None:
        """Calls of the limit in percent, rounded down; None without a limit to speak of."""
        return self.calls * 100 // self.limit if 0 < self.limit < MAX_SAFE_INTEGER else None


@dataclass(frozen=True)
class Owner:
    """An account of the tenant."""

    id: UUID
    username: str
    email: str
    state: AccountState


_panel_builders: dict[str, Callable[[Tenant], Any]] = {}


def register_panel(section: str, build: Callable[[Tenant], Any]) -> None:
    """Says who gathers what a section's panel shows."""
    _panel_builders[section] = build


class Overview:
    """Everything that the templates of the tenant page ask for.

    Each part is gathered when a template first asks for it: a saved section is answered with
    a few parts of the page, and costs no more than those.
    """

    def __init__(self, tenant: Tenant, *, with_history: bool = True) -> None:
        """``with_history``: every field leads to its history, for who may read it."""
        self.tenant = tenant
        self._with_history = with_history and may(Permission.VIEW_HISTORY)
        self.sections = list(SECTIONS.values())
        self.plan = PLANS.get(tenant.billing_plan)
        self.closed = is_closed_for(tenant, current_user.role)

    def may_edit(self, section: object) -> bool:
        """Whether this person may change a section now."""
        return can_edit(self.tenant, section)

    def shown(self, section: Section) -> list[Field]:
        """The fields of a section that this reader may see."""
        everything = may(Permission.SEE_STAFF_FIELDS)
        return [field for field in fields_of(section.name) if field.use.is_for(everything)]

    def ceiling(self, field: str) -> int | None:
        """The plan's ceiling for a field; None for no ceiling."""
        return self.plan.ceiling(field) if self.plan and field in CEILING_FIELDS else None

    @cached_property
    def missing(self) -> dict[str, str]:
        """Switch -> what must be stored before it can be switched on, in words."""
        names = sip_missing(self.tenant)
        words = f"Missing before it can be switched on: {', '.join(names)}"
        return {"sip_enabled": words} if names else {}

    def key_of(self, field: str) -> str | None:
        """The id of the key that a stored secret was sealed with; None if that is damaged."""
        try:
            return key_id(getattr(self.tenant, f"{field}_sealed"))
        except SecretError:
            return None

    @cached_property
    def history_urls(self) -> dict[str, str]:
        """Field -> the address of its history; empty where that is not offered."""
        if not self._with_history:
            return {}
        url = url_pattern("audit.tenant_history", "field", tenant_id=self.tenant.id)
        return {name: url(name) for name in FIELDS}

    @cached_property
    def edit_url(self) -> Callable[[object], str]:
        """The address of a section's form, by the section."""
        return url_pattern("tenants.edit_section", "section", tenant_id=self.tenant.id)

    @cached_property
    def services(self) -> dict[str, list[str]]:
        """State -> the names of the services in it."""
        result: dict[str, list[str]] = {state.value: [] for state in ServiceState}
        for service, state in effective_services(self.tenant).items():
            result[state].append(service_word(service))
        return result

    @cached_property
    def stops(self) -> list[tuple[list[str], Mark]]:
        """Which services are stopped since when, by whom and why."""
        return [
            ([service_word(s) for s in stopped], _mark(entry))
            for entry, stopped in stops(self.tenant)
        ]

    @cached_property
    def set_marks(self) -> dict[str, Mark]:
        """Sealed field -> when and by whom it was set."""
        entries = history.latest_by_field(self.tenant.id, _SEALED)
        return {name: _mark(entry) for name, entry in entries.items()}

    @cached_property
    def changed(self) -> Mark | None:
        """The latest change of the tenant: as a rule one of the entries that are shown."""
        version = self.tenant.version
        shown = next((e for e in self._newest.entries if e.tenant_version == version), None)
        return mark(shown or history.at_version(self.tenant.id, version))

    @cached_property
    def _newest(self) -> Found:
        return history.newest_entries(self.tenant.id)

    @cached_property
    def usage(self) -> Usage:
        """The current month so far."""
        return _usage(self.tenant, now())

    @cached_property
    def standards(self) -> list[compliance.Standard]:
        """What the standards of compliance ask for."""
        return compliance.standards(self.tenant)

    @cached_property
    def owners(self) -> list[Owner]:
        """Some of the tenant's owners, the oldest account first."""
        return [
            Owner(row.id, row.username, row.email, account_state(row.active, not row.invited))
            for row in read(_OWNERS, {"tenant_id": self.tenant.id})
        ]

    @cached_property
    def history(self) -> Page[Row]:
        """The newest entries."""
        return history.page_of(self._newest)

    @cached_property
    def onboarding(self) -> onboarding_progress.Progress | None:
        """How far the owner is in the wizard; None when it is finished."""
        return onboarding_progress.progress(self.tenant)

    @cached_property
    def panels(self) -> dict[str, Any]:
        """Section -> what its panel shows; gathered by the feature that brings the panel."""
        return {name: build(self.tenant) for name, build in _panel_builders.items()}

    @cached_property
    def shared(self) -> identities.Shared | None:
        """Who else has the SIP identity, for those who may search by it."""
        may_know = may(Permission.SEARCH_IDENTITIES)
        return identities.shared(self.tenant) if may_know else None


def mark(entry: Entry | None) -> Mark | None:
    """An entry as "when, by whom, why" for this reader."""
    return _mark(entry) if entry else None


def _mark(entry: Entry) -> Mark:
    return Mark(entry.at, history.who(entry), history.visible_reason(entry))


def service_word(service: str) -> str:
    """A service in the middle of a sentence."""
    label = SERVICE_LABELS[Service(service)]
    return label if label.isupper() else label.lower()


def _usage(tenant: Tenant, at: datetime) -> Usage:
    row = read(_USAGE, {"tenant_id": tenant.id, "month": month_of(at)}).first()
    calls = row.calls if row else 0
    days = monthrange(at.year, at.month)[1]
    passed = at.day - 1 + (at.hour * 60 + at.minute) / 1_440
    return Usage(
        month=f"{at:%B}",
        cents=row.usage_cents if row else 0,
        calls=calls,
        minutes=row.minutes if row else 0,
        limit=tenant.monthly_call_limit,
        # A projection from the first hours of a month would be noise.
        projected=round(calls * days / passed) if passed >= 1 else calls,
    )
