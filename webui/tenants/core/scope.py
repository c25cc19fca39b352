"""Loading of tenants: a query can only return a tenant that the person may see."""

from uuid import UUID

from flask import abort
from flask_login import current_user
from sqlalchemy import bindparam, select

from webui.core.extensions import db
from webui.core.permissions import Permission, edit_permission, may
from webui.models import Tenant
from webui.tenants.core.rules import is_closed_for
from webui.web.errors import Detail

# All tenants for staff, only the own one for an owner. Built once, because every page runs it.
_ANY = select(Tenant).where(Tenant.id == bindparam("tenant_id"))
_OWN = _ANY.where(Tenant.id == bindparam("own"))
CLOSED = "This organisation is closed: it can be read, not changed."


def get_tenant(tenant_id: UUID) -> Tenant:
    """Returns the tenant; 404, with the same answer, when it does not exist or is not visible.

    The object is detached from the session, so that a failed save cannot expire its values while
    the form is shown again.
    """
    query = _ANY if may(Permission.LIST_TENANTS) else _OWN
    values = {"tenant_id": tenant_id, "own": current_user.tenant_id}
    tenant = db.session.scalars(query, values).first()
    if tenant is None:
        abort(404, Detail("This tenant does not exist, or you do not have access to it."))
    db.session.expunge(tenant)
    return tenant


def get_open_tenant(tenant_id: UUID) -> Tenant:
    """Returns the tenant; 403 for the owner of a closed one, who can only read (DESIGN 2.1)."""
    tenant = get_tenant(tenant_id)
    if is_closed_for(tenant, current_user.role):
        abort(403, Detail(CLOSED))
    return tenant


def get_tenant_to_change(tenant_id: UUID, section: object) -> Tenant:
    """Returns the tenant if this person may edit the section; 403 otherwise."""
    tenant = get_open_tenant(tenant_id)
    if not may(edit_permission(section)):
        abort(403)
    return tenant


def can_edit(tenant: Tenant, section: object) -> bool:
    """Whether the person may edit a section of the tenant now."""
    return may(edit_permission(section)) and not is_closed_for(tenant, current_user.role)
