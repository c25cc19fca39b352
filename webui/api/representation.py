"""A tenant as JSON, as the account of the token may see it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from flask import Response
from sqlalchemy import bindparam, select

from webui.api.problems import Refused
from webui.api.schemas import RETURNED
from webui.core.catalogue import FIELDS
from webui.core.extensions import read
from webui.core.field_types import Sealed
from webui.core.many_ids import ByIds
from webui.core.permissions import Permission, may
from webui.history.record.chain import timestamp
from webui.models import Tenant, TenantUsage
from webui.models.columns import now
from webui.models.tenant.tenant import UNREADABLE
from webui.models.tenant.usage import month_of

_METERED = TenantUsage.__table__.c
_CENTS = select(_METERED.tenant_id, _METERED.usage_cents).where(
    _METERED.month == bindparam("month")
)
_OF_MANY = ByIds(_CENTS, _METERED.tenant_id)
# A statement with a list is written anew for every request, so one tenant has its own.
_OF_ONE = _CENTS.where(_METERED.tenant_id == bindparam("tenant"))


def tenant_json(tenant: Tenant) -> dict[str, Any]:
    """Returns the fields of one tenant. Raises Refused for a value that cannot be decrypted."""
    return tenants_json([tenant])[0]


def tenants_json(tenants: Sequence[Tenant]) -> list[dict[str, Any]]:
    """Returns the fields of tenants, with their usage of this month by one query."""
    cents = _cents([tenant.id for tenant in tenants])
    shown = list(_shown())
    return [_fields(tenant, cents, shown) for tenant in tenants]


def _cents(ids: Sequence[UUID]) -> dict[UUID, int]:
    """Returns tenant -> its usage of this month (UTC) in cents, for those that have any."""
    month = month_of(now())
    found: Iterable[Any] = _OF_MANY.rows(ids, month=month)
    if len(ids) == 1:
        found = read(_OF_ONE, {"month": month, "tenant": ids[0]})
    return {row.tenant_id: row.usage_cents for row in found}


def entity_tag(version: int) -> str:
    """Returns the ETag of a tenant of this version (RFC 9110, 8.8.3)."""
    return f'"{version}"'


def tenant_response(tenant: Tenant, status: int = 200) -> Response:
    """Returns a tenant with its ETag."""
    response = json_response(tenant_json(tenant), status)
    response.headers["ETag"] = entity_tag(tenant.version)
    return response


def json_response(value: Any, status: int = 200) -> Response:
    """Returns a value as JSON."""
    return Response(orjson.dumps(value), status, mimetype="application/json")


def _shown() -> Iterable[tuple[str, bool]]:
    """Yields each field, and whether this account may see it."""
    identities, staff = may(Permission.SEE_IDENTITIES), may(Permission.SEE_STAFF_FIELDS)
    for name in RETURNED:
        spec = FIELDS.get(name)
        hidden = isinstance(spec, Sealed) and not identities
        yield name, not hidden and (spec is None or spec.use.is_for(staff))


def _fields(
    tenant: Tenant, cents: Mapping[UUID, int], shown: Iterable[tuple[str, bool]]
) -> dict[str, Any]:
    return {name: _value(tenant, name, cents) if seen else None for name, seen in shown}


def _value(tenant: Tenant, name: str, cents: Mapping[UUID, int]) -> Any:
    if name == "monthly_usage_cents":
        return cents.get(tenant.id, 0)
    value = tenant.readable(name)
    if value is UNREADABLE:
        # Null would say that there is none, and a program that sends it back would remove it.
        raise Refused(503, f"{name} of {tenant.id} cannot be decrypted now. Ask the operator.")
    if isinstance(value, datetime):
        return timestamp(value)
    return str(value) if isinstance(value, UUID) else value
