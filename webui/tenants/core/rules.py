"""Rules that involve several fields of a tenant (DESIGN 2.1).

They are checked on the locked row with the submitted values applied, so that a change that another
person saved a moment ago is included.
"""

from collections.abc import Mapping
from typing import Any

from webui.core.catalogue import FIELDS
from webui.core.limits import CEILING_FIELDS, PLANS, Status
from webui.core.permissions import Permission, Role, allows
from webui.models import Tenant


class RuleBroken(Exception):
    """The combination of values is not allowed.

    ``errors``: field -> message, for the field where it can be corrected. ``lowered``: field ->
    value to fill in instead, for the plan ``plan``.
    """

    def __init__(
        self,
        errors: Mapping[str, str],
        lowered: Mapping[str, int] | None = None,
        plan: str | None = None,
    ) -> None:
        super().__init__(", ".join(errors))
        self.errors = dict(errors)
        self.lowered = dict(lowered or {})
        self.plan = plan


class Closed(Exception):
    """The tenant is closed, so its owner has only read access (DESIGN 2.1)."""


def is_closed_for(tenant: Tenant, role: str | None) -> bool:
    """Whether the role has only read access to this tenant now."""
    return role == Role.OWNER and tenant.status in (Status.INACTIVE, Status.BLOCKED)


def refuse_closed(tenant: Tenant, role: str | None) -> None:
    """Raises Closed when the role has only read access to this tenant now."""
    if is_closed_for(tenant, role):
        raise Closed


def check_rules(
    tenant: Tenant, values: Mapping[str, Any], role: str | None, ceilings_seen: str | None
) -> None:
    """Raises RuleBroken when the tenant with these values would break a rule."""
    errors = _sip(tenant, values) | _compliance(tenant, values)
    if role is not None and not allows(role, Permission.EXCEED_PLAN):
        errors |= _owner_ceilings(tenant, values)
    if errors:
        raise RuleBroken(errors)
    _point_out_lower_plan(tenant, values, ceilings_seen)


_NEED_ENCRYPTION = ("hipaa_enabled", "pci_enabled")
SIP_NEEDS = ("sip_domain", "sip_username", "sip_password")


def sip_missing(tenant: Tenant) -> list[str]:
    """Returns the labels of the fields that must be stored before SIP can be switched on."""
    return [FIELDS[name].label.lower() for name in SIP_NEEDS if not tenant.is_set(name)]


def _sip(tenant: Tenant, values: Mapping[str, Any]) -> dict[str, str]:
    """SIP needs a domain, a username and a stored password."""
    if not values.get("sip_enabled", tenant.sip_enabled):
        return {}
    errors = {}
    for name in SIP_NEEDS:
        kept = tenant.is_set(name) and not tenant.differs(
            name, values.get(name, tenant.readable(name))
        )
        if values.get(name) is None and not kept:
            label = FIELDS[name].label.lower()
            errors[name] = f"SIP needs a {label}. Enter one, or switch SIP calling off."
    if "sip_password" in errors and tenant.is_set("sip_password"):
        errors["remove_sip_password"] = errors.pop("sip_password")
    return errors


def _compliance(tenant: Tenant, values: Mapping[str, Any]) -> dict[str, str]:
    """HIPAA and PCI DSS require that stored data is encrypted."""
    encrypted = values.get("data_encryption_enabled", tenant.data_encryption_enabled)
    if encrypted or not {"data_encryption_enabled", *_NEED_ENCRYPTION} & values.keys():
        return {}
    on = [
        FIELDS[name].label for name in _NEED_ENCRYPTION if values.get(name, getattr(tenant, name))
    ]
    if not on:
        return {}
    return {"data_encryption_enabled": f"Must be on while {' or '.join(on)} is on."}


def _owner_ceilings(tenant: Tenant, values: Mapping[str, Any]) -> dict[str, str]:
    """A plan's ceiling limits a value that an owner raises, not a value that is already stored."""
    plan = PLANS.get(values.get("billing_plan", tenant.billing_plan))
    errors: dict[str, str] = {}
    if plan is None:
        return errors
    for name in CEILING_FIELDS:
        ceiling, new = plan.ceiling(name), values.get(name)
        if new is not None and ceiling is not None and new > max(ceiling, getattr(tenant, name)):
            errors[name] = f"{plan.label} allows up to {ceiling:,}. A higher plan allows more."
    for name in _NEED_ENCRYPTION:
        if values.get(name) and not getattr(tenant, name) and not plan.allows_compliance:
            errors[name] = f"{plan.label} does not include {FIELDS[name].label}. Enterprise does."
    return errors


def _point_out_lower_plan(
    tenant: Tenant, values: Mapping[str, Any], ceilings_seen: str | None
) -> None:
    """Asks once for confirmation when the new plan's ceilings are lower than the stored limits.

    Raises RuleBroken with the lowered values to save.
    """
    name = values.get("billing_plan", tenant.billing_plan)
    plan = PLANS.get(name)
    if plan is None or name in (tenant.billing_plan, ceilings_seen):
        return
    lowered = {}
    for field in CEILING_FIELDS:
        ceiling = plan.ceiling(field)
        stored = getattr(tenant, field)
        if ceiling is not None and values.get(field, stored) == stored > ceiling:
            lowered[field] = ceiling
    if lowered:
        errors = {
            field: f"{plan.label} allows {value:,}, so this was lowered from "
            f"{getattr(tenant, field):,}. Save again to confirm."
            for field, value in lowered.items()
        }
        raise RuleBroken(errors, lowered, name)
