"""The pages of tenants: list, page, sections, status, new. All edit views have one structure."""

from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.routing import BaseConverter

from webui.core.permissions import Permission, edit_permission, may, requires, requires_of
from webui.tenants.core import operations
from webui.tenants.core.conflicts import Conflict
from webui.tenants.core.forms import NewTenantForm, StatusForm, TenantForm
from webui.tenants.core.operations import Edit
from webui.tenants.core.rules import Closed, RuleBroken
from webui.tenants.core.scope import CLOSED, get_tenant, get_tenant_to_change
from webui.tenants.core.sections import SECTIONS, Section
from webui.tenants.page import changes_since_sign_in, form_responses, saved_line
from webui.tenants.page.overview import Overview
from webui.tenants.search import search
from webui.web import request_actor
from webui.web.errors import Detail
from webui.web.htmx import go_to, part_of, wants_fragment
from webui.web.paging import NO_SUCH_PAGE, BadCursor
from webui.web.posted import drafts
from webui.web.posted.drafts import keeps_draft
from webui.web.posted.forms import posted_submission, posted_version
from webui.web.posted.meant_values import fill_meant

bp = Blueprint("tenants", __name__, url_prefix="/tenants")


class SectionConverter(BaseConverter):
    """URL converter ``<section:section>``: a name to its Section; 404 for an unknown name."""

    regex = "|".join(SECTIONS)

    def to_python(self, value: str) -> Section:
        """Returns the section of a name."""
        return SECTIONS[value]

    def to_url(self, value: object) -> str:
        """Returns the name of a section."""
        return str(value)


@bp.get("")
@requires(Permission.LIST_TENANTS)
def index() -> Any:
    """The list, as a page or as the fragment that a search replaces."""
    try:
        filters = search.Filters.from_url(request.args)
        found = search.find_tenants(filters, request.args.get("after"), request.args.get("before"))
    except search.BadFilter as error:
        abort(400, Detail(error))
    except BadCursor:
        abort(400, Detail(NO_SUCH_PAGE))
    if "open" in request.args:
        return _open(filters, found)
    if not wants_fragment():
        return render_template("tenants/index.html", filters=filters, found=found)
    response = make_response(render_template("tenants/_found.html", filters=filters, found=found))
    cursors = {name: request.args[name] for name in ("after", "before") if name in request.args}
    values: dict[str, Any] = {**filters.arguments(), **cursors}
    response.headers["HX-Replace-Url"] = url_for(".index", **values)
    return response


def _open(filters: search.Filters, found: Any) -> Any:
    """Handles Enter in a search: redirects to the only tenant found, else to the list."""
    if filters.q and len(found.rows) == 1:
        return go_to(url_for(".page", tenant_id=found.rows[0].id))
    values: dict[str, Any] = {**filters.arguments()}
    return go_to(url_for(".index", **values))


@bp.get("/<uuid:tenant_id>")
@requires(Permission.VIEW_TENANT)
def page(tenant_id: UUID) -> str:
    """The tenant page."""
    tenant = get_tenant(tenant_id)
    page = Overview(tenant)
    lately = (
        changes_since_sign_in.news(tenant_id, current_user.id) if may(Permission.ONBOARD) else None
    )
    return render_template(
        part_of("tenants/page.html"), page=page, news=lately, saved=saved_line.kept_line(page)
    )


@bp.get("/<uuid:tenant_id>/news")
@requires(Permission.VIEW_TENANT)
def news(tenant_id: UUID) -> Any:
    """Who changed the tenant since ``version``; 204 when nobody did.

    An open page asks this when its tab is shown again. Without htmx a redirect to the page.
    """
    tenant = get_tenant(tenant_id)
    if not wants_fragment():
        return redirect(url_for(".page", tenant_id=tenant_id), 303)
    seen = request.args.get("version", tenant.version, type=int)
    found = form_responses.change_since(tenant, seen) if seen < tenant.version else None
    if found is None:
        return "", 204
    return render_template("tenants/_changed.html", tenant=tenant, **found)


@bp.get("/<uuid:tenant_id>/<section:section>")
@requires(Permission.VIEW_TENANT)
def section(tenant_id: UUID, section: Section) -> Any:
    """The card of a section; without htmx a redirect to its place on the page."""
    tenant = get_tenant(tenant_id)
    if not wants_fragment():
        return redirect(url_for(".page", tenant_id=tenant_id, _anchor=section.anchor), 303)
    page = Overview(tenant)
    return render_template("tenants/_card.html", page=page, section=section, focus=True)


@bp.get("/<uuid:tenant_id>/<section:section>/edit")
@requires_of("section", edit_permission)
def edit_section(tenant_id: UUID, section: Section) -> Any:
    """The form of a section."""
    tenant = get_tenant_to_change(tenant_id, section)
    typed = drafts.find_draft(url_for(".save_section", tenant_id=tenant_id, section=section))
    form = section.form(tenant, formdata=typed)
    version = typed.get("version", type=int) if typed else None
    return form_responses.show_form(tenant, form, section, version, restored=typed is not None)


@bp.post("/<uuid:tenant_id>/<section:section>")
@requires_of("section", edit_permission)
@keeps_draft("tenants.edit_section")
def save_section(tenant_id: UUID, section: Section) -> Any:
    """Saves a section."""
    tenant = get_tenant_to_change(tenant_id, section)
    version, form = posted_version(), section.form(tenant)
    offer = form_responses.offered_password(form)
    if offer:
        return form_responses.show_form(tenant, form, section, version, offer=offer)
    if fill_meant(form):
        return form_responses.show_form(tenant, form, section, version)
    if not form.validate():
        return form_responses.refused(tenant, form, section, version)
    try:
        edit = edit_of(form, version)
        result = operations.update_section(tenant_id, section, edit, request_actor.actor())
    except RuleBroken as broken:
        return form_responses.refused(tenant, form, section, version, broken)
    except Conflict as conflict:
        return form_responses.conflicted(tenant, form, section, conflict)
    except Closed:
        abort(403, Detail(CLOSED))
    except SQLAlchemyError as error:
        return form_responses.failed(tenant, form, section, version, error)
    return form_responses.saved(result, section)


@bp.get("/<uuid:tenant_id>/status")
@requires(Permission.CHANGE_STATUS)
def status(tenant_id: UUID) -> Any:
    """The form of the status."""
    tenant = get_tenant(tenant_id)
    typed = drafts.find_draft(url_for(".save_status", tenant_id=tenant_id))
    form = StatusForm(tenant, formdata=typed)
    version = typed.get("version", type=int) if typed else None
    return form_responses.show_form(tenant, form, None, version, restored=typed is not None)


@bp.post("/<uuid:tenant_id>/status")
@requires(Permission.CHANGE_STATUS)
@keeps_draft("tenants.status")
def save_status(tenant_id: UUID) -> Any:
    """Changes the status."""
    tenant = get_tenant(tenant_id)
    version, form = posted_version(), StatusForm(tenant)
    if not form.validate():
        return form_responses.refused(tenant, form, None, version)
    try:
        result = operations.change_status(tenant_id, edit_of(form, version), request_actor.actor())
    except Conflict as conflict:
        return form_responses.conflicted(tenant, form, None, conflict)
    except SQLAlchemyError as error:
        return form_responses.failed(tenant, form, None, version, error)
    return form_responses.saved(result, None)


@bp.get("/new")
@requires(Permission.CREATE_TENANT)
def new() -> Any:
    """The form of a new tenant."""
    typed = drafts.find_draft(url_for(".create"))
    return render_template(
        part_of("tenants/new.html"), form=NewTenantForm(formdata=typed), restored=typed is not None
    )


@bp.post("/new")
@requires(Permission.CREATE_TENANT)
@keeps_draft("tenants.new")
def create() -> Any:
    """Creates a tenant; a second submission of the same form redirects to the same tenant."""
    mark, form = posted_submission(), NewTenantForm()
    if not form.validate():
        return make_response(render_template(part_of("tenants/new.html"), form=form), 422)
    try:
        tenant_id = operations.create_tenant(edit_of(form, 0), mark, request_actor.actor())
    except SQLAlchemyError as error:
        problem = form_responses.explain(error)
        return make_response(
            render_template(part_of("tenants/new.html"), form=form, problem=problem), 503
        )
    flash("The tenant was created.")
    return go_to(url_for(".page", tenant_id=tenant_id))


def edit_of(form: TenantForm, version: int, path: str = "") -> Edit:
    """Convert a posted and validated form to an Edit.

    ``path`` is the path of the draft to delete, by default the path of this request.
    """
    seen = form["ceilings_seen"].data if "ceilings_seen" in form else None
    fields = [name for name in form.tenant_fields() if name in form]
    return Edit(form.values, fields, version, form.reason_given, seen, path or request.path)
