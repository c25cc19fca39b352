"""The history pages."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, make_response, redirect, render_template, request
from flask_login import current_user

from webui.audit import entry as entries
from webui.audit import find, history, pickers
from webui.audit.filters import BadFilter, Filters
from webui.audit.view import View
from webui.errors import Detail
from webui.htmx import htmx_place, part_of, wants_fragment
from webui.models import AuditEntry, Tenant
from webui.paging import BadCursor
from webui.permissions import Permission, requires
from webui.tenants.scope import get_tenant

bp = Blueprint("audit", __name__)
NO_SUCH_PAGE = "That page of the history does not exist. Start at the newest entry."
NO_SUCH_ENTRY = "There is no such entry, or it is not yours to see."
ONE_TENANT = "This is the history of one tenant. Open the whole history to choose another."


@bp.get("/audit")
@requires(Permission.VIEW_ALL_HISTORY)
def index() -> Any:
    """The whole history, narrowed by the filters of the URL."""
    return _answer(None)


@bp.get("/tenants/<uuid:tenant_id>/audit")
@requires(Permission.VIEW_HISTORY)
def tenant_history(tenant_id: UUID) -> Any:
    """A tenant's history; below its page older entries in place, and those of one field."""
    tenant = get_tenant(tenant_id)
    if htmx_place() == "history-more":
        return _older(tenant)
    return _answer(tenant)


def _older(tenant: Tenant) -> str:
    """The next rows of the table on the tenant's page."""
    try:
        page = history.tenant_page(tenant.id, request.args.get("after"))
    except BadCursor:
        abort(400, Detail(NO_SUCH_PAGE))
    return render_template("audit/_rows.html", tenant=tenant, history=page)


def _answer(tenant: Tenant | None) -> Any:
    """The page, or what a choice in it swaps. An address of the form leads to the canonical one."""
    place = htmx_place() or ""
    choosing = wants_fragment() and place.endswith("-matches")
    try:
        view = _view(tenant, choosing)
    except BadFilter as error:
        abort(400, Detail(error))
    except BadCursor:
        abort(400, Detail(NO_SUCH_PAGE))
    if choosing:
        return render_template("audit/_matches.html", view=view, place=place)
    if wants_fragment():
        return _fragment(view)
    if not view.resolved.typed and _is_of_the_form():
        return redirect(view.url(), 303)
    return render_template("audit/index.html", view=view)


def _view(tenant: Tenant | None, choosing: bool) -> View:
    resolved = pickers.resolve(request.args, decide=not choosing)
    filters = Filters.from_url(resolved.arguments)
    narrowed = filters
    if tenant:
        if set(filters.tenant) - {tenant.id}:
            raise BadFilter(ONE_TENANT)
        filters = replace(filters, tenant=())
        narrowed = replace(filters, tenant=(tenant.id,))
    after, before = request.args.get("after"), request.args.get("before")
    # Who still chooses a tenant or a person sees matches, not entries.
    found = find.NOTHING if choosing else find.find(narrowed, after, before)
    return View(tenant, filters, found, resolved, newer=before is not None)


def _is_of_the_form() -> bool:
    """Whether the address has fields that only the form has, or blank ones."""
    return any(name in pickers.TYPED or not value for name, value in request.args.items(multi=True))


def _fragment(view: View) -> Any:
    response = make_response(render_template("audit/_index.html", view=view))
    response.headers["HX-Push-Url"] = view.url(
        after=request.args.get("after"), before=request.args.get("before")
    )
    return response


@bp.get("/audit/<uuid:entry_id>")
@requires(Permission.VIEW_HISTORY)
def entry(entry_id: UUID) -> str:
    """One entry, everything recorded."""
    return render_template(part_of("audit/entry.html"), view=entries.view(_get_entry(entry_id)))


def _get_entry(entry_id: UUID) -> AuditEntry:
    """The entry; 404 when it is not there or not the person's, without a difference."""
    found = entries.find(entry_id, current_user.tenant_id)
    if found is None:
        abort(404, Detail(NO_SUCH_ENTRY))
    return found
