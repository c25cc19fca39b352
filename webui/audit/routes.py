"""The history pages."""

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, render_template, request

from webui.audit import history
from webui.errors import Detail
from webui.htmx import wants_fragment
from webui.paging import BadCursor
from webui.permissions import Permission, requires
from webui.tenants.scope import get_tenant

bp = Blueprint("audit", __name__)


@bp.get("/tenants/<uuid:tenant_id>/audit")
@requires(Permission.VIEW_HISTORY)
def tenant_history(tenant_id: UUID) -> Any:
    """A tenant's history, page by page; as a fragment the table alone."""
    tenant = get_tenant(tenant_id)
    try:
        page = history.tenant_page(tenant_id, request.args.get("after"), request.args.get("before"))
    except BadCursor:
        abort(400, Detail("That page of the history does not exist. Start at the newest entry."))
    template = "audit/_history.html" if wants_fragment() else "audit/tenant.html"
    return render_template(template, tenant=tenant, history=page)
