"""The wizard's pages, built from the forms, rules and responses of the tenants' sections."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.routing import BaseConverter
from werkzeug.wrappers import Response

from webui.core.permissions import Permission, requires
from webui.history.record.actions import Source
from webui.models import Onboarding, Tenant
from webui.models.tenant.onboarding import SKIPPABLE, Step
from webui.onboarding import operations
from webui.onboarding.operations import Move
from webui.onboarding.steps import Go, move_of, posted_go, returns, reviewed_fields
from webui.tenants.core.conflicts import Conflict
from webui.tenants.core.forms import TenantForm, stored_values
from webui.tenants.core.rules import Closed, RuleBroken, is_closed_for
from webui.tenants.core.scope import CLOSED, get_open_tenant, get_tenant
from webui.tenants.core.sections import SECTIONS
from webui.tenants.page import onboarding_progress
from webui.tenants.page.form_responses import explain, offered_password, put_errors, side_by_side
from webui.tenants.page.overview import Overview, last_change
from webui.tenants.page.routes import edit_of
from webui.web import request_actor
from webui.web.errors import Detail
from webui.web.htmx import go_to, part_of, wants_fragment
from webui.web.posted import drafts
from webui.web.posted.drafts import keeps_draft
from webui.web.posted.forms import posted_version
from webui.web.posted.meant_values import fill_meant

bp = Blueprint("onboarding", __name__, url_prefix="/onboarding")
KEPT = "This is what you had typed here. It is not saved yet."
View = Callable[..., Any]


class StepConverter(BaseConverter):
    """URL converter ``<step:step>``: a name to its Step; 404 for an unknown name."""

    regex = "|".join(Step)

    def to_python(self, value: str) -> Step:
        """Returns the step of a name."""
        return Step(value)

    def to_url(self, value: Step | str) -> str:
        """Returns the name of a step; templates may pass the name itself."""
        return Step(value).value


def in_order(view: View) -> View:
    """Passes tenant and onboarding row to a step's view, once all earlier steps are done."""

    @wraps(view)
    def checked(step: Step | None = None) -> Any:
        tenant = get_open_tenant(current_user.tenant_id)
        row = onboarding_progress.progress_of(tenant.id)
        wanted = step or Step(row.step)
        if tenant.onboarded_at:
            return go_to(url_for(".done"))
        if not row.may_open(wanted):
            return go_to(url_for(".show", step=row.first_open))
        try:
            return view(tenant, row, wanted)
        except Closed:
            abort(403, Detail(CLOSED))

    return checked


@bp.get("")
@requires(Permission.ONBOARD)
def start() -> Response:
    """Redirects to the step where the owner continues, on any device."""
    tenant = get_tenant(current_user.tenant_id)
    if is_closed_for(tenant, current_user.role):
        return redirect(url_for("tenants.page", tenant_id=tenant.id), 303)
    step = Step(onboarding_progress.progress_of(tenant.id).step)
    here = url_for(".done") if tenant.onboarded_at else url_for(".show", step=step)
    return redirect(here, 303)


@bp.get("/<step:step>")
@requires(Permission.ONBOARD)
@in_order
def show(tenant: Tenant, row: Onboarding, step: Step) -> Response:
    """The page of a step."""
    return _step(tenant, row, step)


def _step(tenant: Tenant, row: Onboarding, step: Step) -> Response:
    """The page of a step, with input that was not saved earlier."""
    if step is Step.REVIEW:
        return _review(tenant, row)
    typed = drafts.latest_draft(url_for(".leave", step=step))
    form = SECTIONS[step].form(tenant, formdata=typed)
    version = typed.get("version", type=int) if typed else None
    return _form(tenant, row, step, form, version=version or tenant.version, restored=bool(typed))


def _current_step(tenant_id: UUID) -> dict[str, Any]:
    return {"step": Step(onboarding_progress.progress_of(tenant_id).step)}


@bp.post("")
@bp.post("/<step:step>")
@requires(Permission.ONBOARD)
@keeps_draft("onboarding.show", _current_step)
@in_order
def leave(tenant: Tenant, row: Onboarding, step: Step) -> Any:
    """Leaves a step: saves it, skips it, or keeps unsaved input as a draft when going back."""
    go = posted_go(step)
    if step is Step.REVIEW:
        return _leave_review(tenant, row, go)
    form, version = SECTIONS[step].form(tenant), posted_version()
    offer = offered_password(form)
    if offer:
        return _form(tenant, row, step, form, version=version, offer=offer)
    if fill_meant(form):
        return _form(tenant, row, step, form, version=version)
    if go is Go.SKIP:
        return _set_aside(tenant, step, form, go)
    try:
        if not form.validate():
            # The errors are already beside their fields.
            raise RuleBroken({})
        edit = edit_of(form, version, url_for(".leave", step=step))
        move = move_of(step, go, form)
        operations.save_step(tenant.id, edit, move, request_actor.actor(Source.WIZARD))
    except (RuleBroken, Conflict) as refusal:
        if go is not Go.NEXT:
            return _set_aside(tenant, step, form, go)
        return _refused(tenant, row, step, form, version, refusal)
    except SQLAlchemyError as error:
        return _form(tenant, row, step, form, 503, version=version, problem=explain(error))
    return _go_on(tenant, move, go)


@bp.get("/done")
@requires(Permission.ONBOARD)
def done() -> Any:
    """The page after the wizard: what happens next."""
    tenant = get_tenant(current_user.tenant_id)
    if not tenant.onboarded_at:
        return redirect(url_for(".start"), 303)
    contact = current_app.extensions["webui_config"].support_contact
    page = Overview(tenant, with_history=False)
    return render_template(
        "onboarding/done.html", tenant=tenant, page=page, sections=SECTIONS, contact=contact
    )


def _refused(
    tenant: Tenant,
    row: Onboarding,
    step: Step,
    form: TenantForm,
    version: int,
    refusal: RuleBroken | Conflict,
) -> Response:
    """422 or 409, as the section's own form responds."""
    if isinstance(refusal, Conflict):
        return _form(tenant, row, step, form, 409, **side_by_side(tenant, form, refusal))
    put_errors(form, refusal)
    return _form(tenant, row, step, form, 422, version=version)


def _set_aside(tenant: Tenant, step: Step, form: TenantForm, go: Go | Step) -> Response:
    """Moves on without saving; input that differs from the stored values is kept as a draft."""
    move, path, actor = (
        move_of(step, go),
        url_for(".leave", step=step),
        request_actor.actor(Source.WIZARD),
    )
    if _is_untouched(tenant, form):
        operations.move_on(tenant.id, move, path, actor)
    else:
        operations.set_aside(tenant.id, move, path, drafts.posted_fields(), actor)
    return _go_on(tenant, move, go)


def _is_untouched(tenant: Tenant, form: TenantForm) -> bool:
    """Whether the form contains no input that a draft could keep."""
    names = [name for name in form.tenant_fields() if name in form]
    stored = stored_values(tenant, names)
    return all((form[name].data or "") == (value or "") for name, value in stored.items())


def _leave_review(tenant: Tenant, row: Onboarding, go: Go | Step) -> Any:
    """Will become a step, or finishes the wizard."""
    actor = request_actor.actor(Source.WIZARD)
    if go is not Go.NEXT:
        move = move_of(Step.REVIEW, go)
        operations.move_on(tenant.id, move, "", actor)
        return _go_on(tenant, move, go)
    try:
        operations.finish_onboarding(tenant.id, posted_version(), reviewed_fields(), actor)
    except operations.Unfinished as refusal:
        return go_to(url_for(".show", step=refusal.step))
    except Conflict as conflict:
        latest = last_change(conflict.latest)
        return _review(get_tenant(tenant.id), row, 409, latest=latest)
    except SQLAlchemyError as error:
        return _review(tenant, row, 503, problem=explain(error))
    return go_to(url_for(".done"))


def _go_on(tenant: Tenant, move: Move, go: Go | Step) -> Response:
    """303 to the next step; with htmx the step itself, in place."""
    if go is Go.LEAVE:
        return go_to(url_for("tenants.page", tenant_id=tenant.id))
    row = onboarding_progress.progress_of(tenant.id)
    to = Step(row.step)
    url = url_for(".show", step=to)
    if not wants_fragment():
        return go_to(url)
    response = _step(get_tenant(tenant.id), row, to)
    response.headers["HX-Push-Url"] = url
    return response


def _form(
    tenant: Tenant, row: Onboarding, step: Step, form: TenantForm, status: int = 200, **words: Any
) -> Response:
    context = {"form": form, "section": SECTIONS[step], "can_skip": step in SKIPPABLE, **words}
    return _page(tenant, row, step, status, **context)


def _review(tenant: Tenant, row: Onboarding, status: int = 200, **words: Any) -> Response:
    context = {"version": tenant.version, "sections": SECTIONS}
    return _page(tenant, row, Step.REVIEW, status, **{**context, **words})


def _page(tenant: Tenant, row: Onboarding, step: Step, status: int, **words: Any) -> Response:
    context = {
        "tenant": tenant,
        "page": Overview(tenant, with_history=False),
        "step": step,
        "places": onboarding_progress.places(row, step),
        "returns": returns() and step is (request.view_args or {}).get("step"),
        "restored_words": KEPT,
        # The question comes first: only a field with an error takes the focus from it.
        "first_field": lambda form, _notes: form.filled or form.first_error,
        **words,
    }
    return make_response(render_template(part_of("onboarding/step.html"), **context), status)
