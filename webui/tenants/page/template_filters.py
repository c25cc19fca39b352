"""Labels for the templates of tenants, and hints that depend on the tenant."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from flask import Flask
from markupsafe import Markup
from wtforms import Field

from webui.core.catalogue import FIELDS
from webui.core.field_types import Choice
from webui.core.limits import (
    CEILING_FIELDS,
    PLANS,
    REASON,
    SERVICE_LABELS,
    STATUS_LABELS,
    STATUS_MEANINGS,
    Service,
    Status,
)
from webui.core.permissions import Permission, may
from webui.models import Tenant
from webui.models.tenant.onboarding import STEP_LABELS
from webui.models.tenant.tenant import UNREADABLE
from webui.models.tenant.usage import thresholds_reached
from webui.tenants.core.forms import TenantForm, form_value
from webui.tenants.core.rules import sip_missing
from webui.tenants.core.scope import CLOSED
from webui.tenants.core.sections import STATUS_FIELDS
from webui.tenants.page.compliance import State
from webui.tenants.page.form_responses import ConflictNote
from webui.tenants.page.service_words import service_word, stop_of, stopped_words, switched_on
from webui.tenants.page.usage_chart import short
from webui.tenants.search import search
from webui.values import compact_json
from webui.web.number_filters import plural
from webui.web.paging import PAGE_SIZE
from webui.web.posted.forms import SwitchField
from webui.web.template_filters import badge

RESTORED = "This is what you had typed before you had to sign in."
KEEP = "One is stored. Leave this blank to keep it."
TYPE_AGAIN = "Passwords are never shown again: type it again."
OFFERED = "A new password, shown only now: copy it. It is stored when you save."
CANNOT_BE_READ = "The stored value cannot be read now. Blank keeps it as it is."
_TONES: dict[str, str] = {Status.ACTIVE: "good", Status.SUSPENDED: "warn", Status.BLOCKED: "bad"}
_FINDINGS = {
    State.MET: ("good", "Met"),
    State.NOT_MET: ("bad", "Not met"),
    State.CHECK_MANUALLY: ("", "Check manually"),
    State.NOT_APPLICABLE: ("", "N/A"),
}


def init_tenant_filters(app: Flask) -> None:
    """Registers the filters, tests and globals of the tenant templates."""
    app.jinja_env.filters["compact_json"] = compact_json
    app.jinja_env.filters["status_badge"] = status_badge
    app.jinja_env.filters["finding_badge"] = finding_badge
    app.jinja_env.filters["plan_label"] = plan_label
    app.jinja_env.filters["switched_on"] = switched_on
    app.jinja_env.filters["stopped_words"] = stopped_words
    app.jinja_env.filters["stop_of"] = stop_of
    app.jinja_env.filters["open_step_label"] = open_step_label
    app.jinja_env.filters["meter_tone"] = meter_tone
    app.jinja_env.filters["short"] = short
    app.jinja_env.tests["unreadable"] = lambda value: value is UNREADABLE
    app.jinja_env.globals.update(
        fields=FIELDS,
        plans=PLANS,
        status_labels={status.value: label for status, label in STATUS_LABELS.items()},
        status_meanings={status.value: words for status, words in STATUS_MEANINGS.items()},
        service_labels={service.value: label for service, label in SERVICE_LABELS.items()},
        all_services=[service_word(service) for service in Service],
        page_size=PAGE_SIZE,
        list_choices=search.CHOICES,
        status_fields=STATUS_FIELDS,
        closed_words=CLOSED,
        support_contact=app.extensions["webui_config"].support_contact,
        in_development=not app.extensions["webui_config"].production,
        restored_words=RESTORED,
        hint=hint,
        is_below_used=is_below_used,
        value_text=value_text,
        editable=form_value,
        visible_fields=visible_fields,
        first_field=first_field,
        width=width,
        sip_missing=sip_missing,
    )


@cache
def status_badge(status: str) -> Markup:
    """Returns a status as a coloured badge."""
    return badge(_TONES.get(status, ""), STATUS_LABELS[Status(status)])


@cache
def finding_badge(state: State) -> Markup:
    """Returns the state of a finding as a coloured badge."""
    return badge(*_FINDINGS[state])


def plan_label(plan: str) -> str:
    """Returns the label of a plan; the stored name when the plan no longer exists."""
    return PLANS[plan].label if plan in PLANS else plan


def open_step_label(tenant: Any) -> str | None:
    """Returns the wizard step where the owner continues; None when the wizard is finished."""
    if tenant.onboarded_at:
        return None
    return STEP_LABELS[tenant.step] if tenant.step else "not started"


def meter_tone(calls: int, limit: int) -> str:
    """Returns the class of a meter: "full" at the limit, "high" near it, else empty."""
    if calls >= limit:
        return "full"
    return "high" if thresholds_reached(calls, limit) else ""


def visible_fields(form: TenantForm) -> list[Field]:
    """Returns the fields that a form shows, in order: the tenant's own first."""
    hidden = (
        set() if form.tenant and form.tenant.is_set("sip_password") else {"remove_sip_password"}
    )
    shown = [f for f in form if hasattr(f, "kind") and f.name not in hidden]
    return sorted(shown, key=lambda field: field.name not in FIELDS)


def first_field(form: TenantForm, notes: Mapping[str, ConflictNote] | None = None) -> str:
    """Returns the field that gets the focus: just filled, wrong or in conflict, or the first."""
    if "status" in form:
        # The status comes before all other fields of its form.
        return form.first_error or "status"
    disputed = [name for name, note in (notes or {}).items() if note.kind == "both"]
    first = next(iter(disputed), visible_fields(form)[0].name)
    return form.filled or form.first_error or first


def width(name: str) -> str:
    """Returns the share of the form's width that a field takes."""
    if name == REASON.name:
        return "full"
    return FIELDS[name].use.width if name in FIELDS else "half"


def hint(form: TenantForm, name: str, offered: bool = False) -> str:
    """Returns the hint below a field, in addition to the field's own help."""
    tenant = form.tenant
    if tenant is None or name not in FIELDS:
        return ""
    if form.unreadable(name):
        return CANNOT_BE_READ
    if name == "sip_password":
        if offered:
            return OFFERED
        words = [KEEP] if tenant.is_set(name) else []
        return " ".join([*words, *([TYPE_AGAIN] if form[name].data else [])])
    if name == "sip_enabled" and (missing := sip_missing(tenant)):
        return f"Not stored yet: {', '.join(missing)}."
    words = [_used_hint(form)] if name == "monthly_call_limit" else []
    words += [] if may(Permission.EXCEED_PLAN) else [_plan_hint(tenant, name)]
    return " ".join(filter(None, words))


def _used_hint(form: TenantForm) -> str:
    return f"{plural(form.calls_used, 'call')} used this month." if form.calls_used else ""


def is_below_used(form: TenantForm) -> bool:
    """Whether the limit in the form is less than the calls that are used already."""
    typed = (form["monthly_call_limit"].data or "").strip()
    return bool(re.fullmatch("[0-9]{1,16}", typed)) and int(typed) < form.calls_used


def _plan_hint(tenant: Tenant, name: str) -> str:
    """Returns what the plans allow an owner for this field."""
    if name in CEILING_FIELDS:
        ceilings = [(plan.ceiling(name), plan.label) for plan in PLANS.values()]
        words = [f"{'no cap' if c is None else f'{c:,}'} on {label}" for c, label in ceilings]
        return f"Up to {', '.join(words)}."
    plan = PLANS.get(tenant.billing_plan)
    if name in ("hipaa_enabled", "pci_enabled") and plan and not plan.allows_compliance:
        return f"Part of the Enterprise plan; yours is {plan.label}."
    return ""


def value_text(value: Any, field: Field | str) -> str:
    """Format a value as text for people, beside a field in conflict."""
    name = field if isinstance(field, str) else field.name
    spec = FIELDS[name]
    if value is UNREADABLE:
        return "cannot be read"
    if value is None or value in ("", [], {}):
        return "nothing"
    if isinstance(value, bool) or isinstance(field, SwitchField):
        return "on" if value else "off"
    if isinstance(spec, Choice):
        return spec.label_of(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(service_word(service) for service in value)
    return compact_json(value) if isinstance(value, dict) else str(value)
