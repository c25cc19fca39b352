"""What the tenant page shows besides the sections: gathered once, by what the reader may see."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime

from flask_login import current_user
from sqlalchemy import select

from webui.audit import history
from webui.audit.history import Row
from webui.crypto.fields import key_id
from webui.crypto.keyring import SecretError
from webui.extensions import db
from webui.limits import MAX_SAFE_INTEGER, PLANS, SERVICE_LABELS, Plan, Service
from webui.models import AuditEntry, Tenant, TenantUsage, User
from webui.models.columns import now
from webui.models.services import ServiceState, effective_services
from webui.models.usage import month_of
from webui.paging import Page
from webui.permissions import Permission, may
from webui.tenants import compliance, identities, progress
from webui.tenants.rules import is_closed_for
from webui.tenants.scope import can_edit
from webui.tenants.sections import SECTIONS, Section
from webui.tenants.stops import stops
from webui.webhooks import panel

# What is shown with who set it and when.
_SEALED = ("sip_domain", "sip_username", "sip_password", "webhook_secret")


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
class Overview:
    """Everything that the templates of the tenant page ask for."""

    tenant: Tenant
    sections: list[Section]
    services: dict[str, list[str]]
    stops: list[tuple[list[str], Mark]]
    set_marks: dict[str, Mark]
    changed: Mark | None
    usage: Usage
    plan: Plan | None
    standards: list[compliance.Standard]
    owners: list[User]
    history: Page[Row]
    editable: bool
    closed: bool
    onboarding: progress.Progress | None
    webhook: panel.Panel
    shared: identities.Shared | None

    def key_of(self, field: str) -> str | None:
        """The id of the key that a stored secret was sealed with; None if that is damaged."""
        try:
            return key_id(getattr(self.tenant, f"{field}_sealed"))
        except SecretError:
            return None


def build(tenant: Tenant) -> Overview:
    """Gathers the page of a tenant."""
    marks = history.latest_by_field(tenant.id, _SEALED)
    return Overview(
        tenant=tenant,
        sections=list(SECTIONS.values()),
        services=_services(tenant),
        stops=[
            ([service_word(s) for s in stopped], _mark(entry)) for entry, stopped in stops(tenant)
        ],
        set_marks={n: m for n in _SEALED if (m := mark(marks.get(n)))},
        changed=mark(history.at_version(tenant.id, tenant.version)),
        usage=_usage(tenant, now()),
        plan=PLANS.get(tenant.billing_plan),
        standards=compliance.standards(tenant),
        owners=_owners(tenant),
        history=history.tenant_page(tenant.id),
        editable=can_edit(tenant),
        closed=is_closed_for(tenant, current_user.role),
        onboarding=progress.of(tenant),
        webhook=panel.build(tenant),
        shared=identities.shared(tenant) if may(Permission.SEARCH_IDENTITIES) else None,
    )


def mark(entry: AuditEntry | None) -> Mark | None:
    """An entry as "when, by whom, why" for this reader."""
    return _mark(entry) if entry else None


def _mark(entry: AuditEntry) -> Mark:
    return Mark(entry.at, history.who(entry), history.reason(entry))


def _services(tenant: Tenant) -> dict[str, list[str]]:
    """State -> the names of the services in it."""
    result: dict[str, list[str]] = {state.value: [] for state in ServiceState}
    for service, state in effective_services(tenant).items():
        result[state].append(service_word(service))
    return result


def service_word(service: str) -> str:
    """A service in the middle of a sentence."""
    label = SERVICE_LABELS[Service(service)]
    return label if label.isupper() else label.lower()


def _usage(tenant: Tenant, at: datetime) -> Usage:
    row = db.session.get(TenantUsage, (tenant.id, month_of(at)))
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


def _owners(tenant: Tenant) -> list[User]:
    query = select(User).where(User.tenant_id == tenant.id).order_by(User.created_at).limit(20)
    return list(db.session.scalars(query))
