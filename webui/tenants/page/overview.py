"""What the tenant page shows besides the sections, limited to what the reader may see."""

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
from webui.core.field_types import Field
from webui.core.limits import CEILING_FIELDS, PLANS
from webui.core.permissions import Permission, may
from webui.crypto.fields import key_id
from webui.crypto.keyring import SecretError
from webui.history.query import history
from webui.history.query.entry_protocol import Entry
from webui.history.query.find import Found
from webui.history.query.history import Row
from webui.models import Tenant, User
from webui.models.columns import now
from webui.models.tenant.services import ServiceState, effective_services
from webui.models.user import NO_PASSWORD, AccountState, account_state
from webui.tenants.core.rules import is_closed_for, sip_missing
from webui.tenants.core.scope import can_edit
from webui.tenants.core.sections import SECTIONS, Section
from webui.tenants.page import compliance, onboarding_progress
from webui.tenants.page.service_stops import current_stops
from webui.tenants.page.service_words import service_word
from webui.tenants.page.usage import Usage, usage_of
from webui.tenants.search import identities
from webui.web.paging import Page
from webui.web.urls import url_pattern

# Fields that are shown with the person who set them and the time.
_SEALED = ("sip_domain", "sip_username", "sip_password", "webhook_secret")
# Built once: composing these statements takes longer than running them.
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
class LastChange:
    """When, by whom and why a thing was last changed."""

    at: datetime
    who: str
    reason: str | None


@dataclass(frozen=True)
class Owner:
    """An owner's account of the tenant."""

    id: UUID
    username: str
    email: str
    state: AccountState


_panel_builders: dict[str, Callable[[Tenant], Any]] = {}


def register_panel(section: str, build: Callable[[Tenant], Any]) -> None:
    """Registers the function that collects the values of a section's panel."""
    _panel_builders[section] = build


class Overview:
    """All values that the templates of the tenant page use.

    Each value is loaded when a template first reads it, so that the response to a saved section
    loads only the fragments it contains.
    """

    def __init__(self, tenant: Tenant, *, with_history: bool = True) -> None:
        """``with_history``: link every field to its history, if the reader may see the history."""
        self.tenant = tenant
        self._with_history = with_history and may(Permission.VIEW_HISTORY)
        self.sections = list(SECTIONS.values())
        self.plan = PLANS.get(tenant.billing_plan)
        self.closed = is_closed_for(tenant, current_user.role)

    def may_edit(self, section: object) -> bool:
        """Whether this person may edit a section now."""
        return can_edit(self.tenant, section)

    def visible_fields(self, section: Section) -> list[Field]:
        """Returns the fields of a section that this reader may see."""
        everything = may(Permission.SEE_STAFF_FIELDS)
        return [field for field in fields_of(section.name) if field.use.is_for(everything)]

    def ceiling(self, field: str) -> int | None:
        """Returns the plan's ceiling for a field; None for no ceiling."""
        return self.plan.ceiling(field) if self.plan and field in CEILING_FIELDS else None

    @cached_property
    def missing(self) -> dict[str, str]:
        """Switch -> sentence that lists what must be stored before it can be switched on."""
        names = sip_missing(self.tenant)
        words = f"Missing before it can be switched on: {', '.join(names)}"
        return {"sip_enabled": words} if names else {}

    def key_of(self, field: str) -> str | None:
        """Returns the id of the key that encrypted a stored secret; None when that is damaged."""
        try:
            return key_id(getattr(self.tenant, f"{field}_sealed"))
        except SecretError:
            return None

    @cached_property
    def history_urls(self) -> dict[str, str]:
        """Field -> URL of its history; empty when the history is not linked."""
        if not self._with_history:
            return {}
        url = url_pattern("audit.tenant_history", "field", tenant_id=self.tenant.id)
        return {name: url(name) for name in FIELDS}

    @cached_property
    def edit_url(self) -> Callable[[object], str]:
        """Function from a section to the URL of its form."""
        return url_pattern("tenants.edit_section", "section", tenant_id=self.tenant.id)

    @cached_property
    def services(self) -> dict[str, list[str]]:
        """State -> the labels of the services in it."""
        result: dict[str, list[str]] = {state.value: [] for state in ServiceState}
        for service, state in effective_services(self.tenant).items():
            result[state].append(service_word(service))
        return result

    @cached_property
    def stops(self) -> list[tuple[list[str], LastChange]]:
        """(labels of services, when, by whom and why they were stopped)."""
        return [
            ([service_word(s) for s in stopped], _last_change(entry))
            for entry, stopped in current_stops(self.tenant)
        ]

    @cached_property
    def last_set(self) -> dict[str, LastChange]:
        """Encrypted field -> when and by whom it was set."""
        entries = history.latest_by_field(self.tenant.id, _SEALED)
        return {name: _last_change(entry) for name, entry in entries.items()}

    @cached_property
    def changed(self) -> LastChange | None:
        """The latest change of the tenant; usually an entry that the page shows anyway."""
        version = self.tenant.version
        shown = next((e for e in self._newest.entries if e.tenant_version == version), None)
        return last_change(shown or history.at_version(self.tenant.id, version))

    def entry(self, entry_id: UUID) -> Entry | None:
        """Returns an entry of the tenant; usually one that the page shows anyway."""
        shown = next((e for e in self._newest.entries if e.id == entry_id), None)
        return shown or history.of_tenant(self.tenant.id, entry_id)

    @cached_property
    def _newest(self) -> Found:
        return history.newest_entries(self.tenant.id)

    @cached_property
    def usage(self) -> Usage:
        """The usage in the current month so far."""
        return usage_of(self.tenant, now())

    @cached_property
    def standards(self) -> list[compliance.Standard]:
        """The compliance standards with their findings."""
        return compliance.standards(self.tenant)

    @cached_property
    def owners(self) -> list[Owner]:
        """Up to 20 of the tenant's owners, the oldest account first."""
        return [
            Owner(row.id, row.username, row.email, account_state(row.active, not row.invited))
            for row in read(_OWNERS, {"tenant_id": self.tenant.id})
        ]

    @cached_property
    def history(self) -> Page[Row]:
        """The newest history entries."""
        return history.page_of(self._newest)

    @cached_property
    def onboarding(self) -> onboarding_progress.Progress | None:
        """The owner's progress in the wizard; None when it is finished."""
        return onboarding_progress.progress(self.tenant)

    @cached_property
    def panels(self) -> dict[str, Any]:
        """Section -> values of its panel, from the function that the feature registered."""
        return {name: build(self.tenant) for name, build in _panel_builders.items()}

    @cached_property
    def shared(self) -> identities.SharedIdentity | None:
        """Other tenants with the same SIP identity; None when the reader may not search by it."""
        may_know = may(Permission.SEARCH_IDENTITIES)
        return identities.shared_identity(self.tenant) if may_know else None


def last_change(entry: Entry | None) -> LastChange | None:
    """Convert an entry to "when, by whom, why" for this reader."""
    return _last_change(entry) if entry else None


def _last_change(entry: Entry) -> LastChange:
    return LastChange(entry.at, history.who(entry), history.visible_reason(entry))
