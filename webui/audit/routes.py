"""The history pages."""

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

from webui.audit import entry_page as entries
from webui.audit import pickers, query_params
from webui.audit.form_errors import status_of
from webui.audit.template_filters import CHANGES_OF
from webui.audit.view import View
from webui.core.permissions import Permission, requires
from webui.history.query import history
from webui.history.query.filters import BadFilter, Filters
from webui.models import AuditEntry, Tenant
from webui.tenants.core.conflicts import Conflict
from webui.tenants.core.rules import RuleBroken
from webui.tenants.core.scope import get_tenant
from webui.tenants.page import saved_line
from webui.tenants.page.form_responses import explain
from webui.tenants.reverts import undo
from webui.tenants.reverts.undo import UndoPlan
from webui.web.errors import Detail
from webui.web.htmx import go_to, htmx_place, part_of, wants_fragment
from webui.web.paging import BadCursor
from webui.web.posted import drafts
from webui.web.posted.drafts import keeps_draft
from webui.web.posted.forms import posted_version
from webui.web.request_actor import actor

bp = Blueprint("audit", __name__)
NO_SUCH_PAGE = "That page of the history does not exist. Start at the newest entry."
NO_SUCH_ENTRY = "This entry does not exist, or you do not have access to it."
NOT_UNDOABLE = (
    "This entry cannot be undone: only changes of a tenant's sections and status can. "
    "Change the tenant itself instead."
)
NOTHING_CHOSEN = "Choose at least one field to undo."
UNDONE = "Undone."
ALREADY = "Everything already is as it was before that change."


@bp.get("/audit")
@requires(Permission.VIEW_ALL_HISTORY)
def index() -> Any:
    """The whole history, filtered by the URL."""
    return _answer(None)


@bp.get("/tenants/<uuid:tenant_id>/audit")
@requires(Permission.VIEW_HISTORY)
def tenant_history(tenant_id: UUID) -> Any:
    """A tenant's history; also fragments of the tenant page: older entries, changes of a field."""
    tenant = get_tenant(tenant_id)
    place = htmx_place() or ""
    if place == "history-more":
        return _older(tenant)
    if place.startswith(CHANGES_OF):
        return _field_history(tenant, place)
    return _answer(tenant)


def _field_history(tenant: Tenant, place: str) -> str:
    """The latest changes of one field, as a fragment of the tenant page."""
    try:
        filters = Filters.from_url(request.args)
    except BadFilter as error:
        abort(400, Detail(error))
    if len(filters.field) != 1:
        abort(400)
    name = filters.field[0]
    changes, more = history.of_field(tenant.id, name)
    return render_template(
        "audit/_field.html", tenant=tenant, name=name, place=place, changes=changes, more=more
    )


def _older(tenant: Tenant) -> str:
    """The next rows of the history table on the tenant page."""
    try:
        page = history.tenant_page(tenant.id, request.args.get("after"))
    except BadCursor:
        abort(400, Detail(NO_SUCH_PAGE))
    return render_template("audit/_rows.html", tenant=tenant, history=page)


def _answer(tenant: Tenant | None) -> Any:
    """The page, or the fragment for a filter. A URL of the form redirects to the canonical one."""
    place = htmx_place() or ""
    choosing = wants_fragment() and place.endswith("-matches")
    try:
        view = query_params.matches(tenant) if choosing else query_params.view(tenant)
    except BadFilter as error:
        abort(400, Detail(error))
    except BadCursor:
        abort(400, Detail(NO_SUCH_PAGE))
    if choosing:
        return render_template("audit/_matches.html", view=view, place=place)
    if wants_fragment():
        return _fragment(view)
    if not view.resolved.typed and not view.refused and _is_of_the_form():
        return redirect(view.url(), 303)
    page = render_template("audit/index.html", view=view)
    return make_response(page, status_of(view.refused))


def _is_of_the_form() -> bool:
    """Whether the URL has parameters that only the form uses, or empty ones."""
    return any(name in pickers.TYPED or not value for name, value in request.args.items(multi=True))


def _fragment(view: View) -> Any:
    response = make_response(render_template("audit/_index.html", view=view))
    if view.refused:
        response.status_code = status_of(view.refused)
        return response
    response.headers["HX-Push-Url"] = view.url(
        after=request.args.get("after"), before=request.args.get("before")
    )
    return response


@bp.get("/audit/<uuid:entry_id>")
@requires(Permission.VIEW_HISTORY)
def entry(entry_id: UUID) -> str:
    """One entry with everything recorded."""
    return render_template(
        part_of("audit/entry.html"), view=entries.entry_view(_get_entry(entry_id))
    )


def _get_entry(entry_id: UUID) -> AuditEntry:
    """Returns the entry; 404, with the same answer, when it does not exist or is not visible."""
    found = entries.find_entry(entry_id, current_user.tenant_id)
    if found is None:
        abort(404, Detail(NO_SUCH_ENTRY))
    return found


@bp.get("/audit/<uuid:entry_id>/revert")
@requires(Permission.REVERT)
def revert(entry_id: UUID) -> Any:
    """The preview of an undo, to be confirmed with a reason."""
    plan = _plan(entry_id)
    typed = drafts.find_draft(url_for(".save_revert", entry_id=entry_id))
    form = undo.RevertForm(plan.tenant, formdata=typed)
    if typed is None:
        asked = request.args.getlist("field")
        form["field"].data = asked or [step.name for step in plan.possible]
    version = typed.get("version", type=int) if typed else None
    return _show_plan(plan, form, version, restored=typed is not None)


@bp.post("/audit/<uuid:entry_id>/revert")
@requires(Permission.REVERT)
@keeps_draft("audit.revert")
def save_revert(entry_id: UUID) -> Any:
    """Undoes an entry, completely or in some of its fields."""
    plan = _plan(entry_id)
    version, form = posted_version(), undo.RevertForm(plan.tenant)
    if not form.validate():
        return _show_plan(plan, form, version, 422)
    steps = undo.chosen_steps(plan, form["field"].data)
    if not steps:
        return _nothing_to_do(plan, form, version)
    try:
        saved = undo.revert(plan, steps, version, form.reason_given, request.path, actor())
    except RuleBroken as broken:
        return _show_plan(plan, form, version, 422, broken=broken.errors)
    except Conflict as conflict:
        return _show_plan(_plan(entry_id), form, conflict.version, 409, latest=conflict.latest)
    except SQLAlchemyError as error:
        return _show_plan(plan, form, version, 503, problem=explain(error))
    return _to_tenant(plan, UNDONE, saved.entry)


def _nothing_to_do(plan: UndoPlan, form: undo.RevertForm, version: int) -> Any:
    """After a double click redirects, as nothing is left to undo; else asks to choose a field."""
    asked = [step for step in plan.steps if plan.part.whole or step.name in form["field"].data]
    if asked and all(step.state is undo.UndoState.SAME for step in asked):
        return _to_tenant(plan, ALREADY)
    return _show_plan(plan, form, version, 422, problem=NOTHING_CHOSEN)


def _to_tenant(plan: UndoPlan, message: str, entry: UUID | None = None) -> Any:
    """Redirects to the tenant, whose page says what the entry changed, else the message."""
    if entry:
        saved_line.keep_for_next_page(entry)
    else:
        flash(message)
    return go_to(url_for("tenants.page", tenant_id=plan.tenant.id, _anchor=plan.part.anchor))


def _plan(entry_id: UUID) -> UndoPlan:
    """Returns the undo plan; 422 for an entry that cannot be undone."""
    found = _get_entry(entry_id)
    plan = undo.plan_undo(found, get_tenant(found.tenant_id)) if found.tenant_id else None
    if plan is None:
        abort(422, Detail(NOT_UNDOABLE))
    return plan


def _show_plan(
    plan: UndoPlan,
    form: undo.RevertForm,
    version: int | None = None,
    status: int = 200,
    **words: Any,
) -> Any:
    context = {
        "plan": plan,
        "form": form,
        "version": version or plan.tenant.version,
        "row": history.history_rows([plan.entry])[0],
        **words,
    }
    return make_response(render_template(part_of("audit/revert.html"), **context), status)
