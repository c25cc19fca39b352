"""Inviting a person: a colleague, or an owner of a tenant that is chosen first."""

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, make_response, render_template, request, url_for
from sqlalchemy.exc import SQLAlchemyError

from webui.core.permissions import Permission, Role, requires
from webui.models import Tenant
from webui.tenants.core.scope import get_tenant
from webui.tenants.page.form_responses import explain
from webui.tenants.search import search
from webui.users import guards, invitations
from webui.users.forms import NewUserForm
from webui.users.invitations import NewUser
from webui.users.issued_links import show_once
from webui.users.scope import get_user
from webui.web import request_actor
from webui.web.errors import Detail
from webui.web.htmx import part_of, wants_fragment
from webui.web.posted import drafts
from webui.web.posted.drafts import keeps_draft
from webui.web.posted.forms import posted_submission

bp = Blueprint("new_user", __name__, url_prefix="/users")
TAKEN = "This username is taken. Choose another."
# How many tenants are offered; with more matches the person must type more.
_OFFERED = 10


@bp.get("/new")
@requires(Permission.CREATE_USER)
def form() -> Any:
    """The form of a new account; for an owner the tenant is chosen first."""
    typed = drafts.find_draft(url_for(".create"))
    asked = (typed.get("tenant_id") if typed else None) or request.args.get("tenant")
    if asked:
        tenant = _tenant(asked)
        return _page(NewUserForm(owner=True, formdata=typed), tenant, restored=typed is not None)
    if request.args.get("role") == Role.OWNER:
        return _choose_tenant()
    return _page(NewUserForm(owner=False, formdata=typed), restored=typed is not None)


@bp.post("/new")
@requires(Permission.CREATE_USER)
@keeps_draft("new_user.form")
def create() -> Any:
    """Creates the account and shows its invitation link once."""
    mark, form = posted_submission(), NewUserForm(owner=request.form.get("role") == Role.OWNER)
    valid = form.validate()
    tenant = get_tenant(form.tenant_id.value) if _names_tenant(form) else None
    if not valid:
        return _page(form, tenant, 422)
    try:
        user_id, issued = invitations.invite(_new_user(form, mark), request_actor.actor())
    except invitations.UsernameTaken:
        form.fail("username", TAKEN)
        return _page(form, tenant, 422)
    except guards.NoLonger as refusal:
        abort(403, Detail(refusal))
    except guards.Refused as refusal:
        return _page(form, tenant, 409, problem=str(refusal))
    except SQLAlchemyError as error:
        return _page(form, tenant, 503, problem=explain(error))
    return show_once(get_user(user_id), issued)


def _new_user(form: NewUserForm, mark: str) -> NewUser:
    return NewUser(
        username=form.username.value,
        email=form.email.value,
        role=Role(form.role.value),
        tenant_id=form.tenant_id.value if "tenant_id" in form else None,
        reason=form.reason.value,
        mark=mark,
        path=request.path,
    )


def _names_tenant(form: NewUserForm) -> bool:
    return "tenant_id" in form and form.tenant_id.value is not None


def _tenant(asked: str) -> Tenant:
    try:
        return get_tenant(UUID(asked))
    except ValueError:
        abort(404, Detail("This tenant does not exist, or you do not have access to it."))


def _choose_tenant() -> str:
    try:
        filters = search.Filters.from_url({"q": request.args.get("q", "")})
    except search.BadFilter as error:
        abort(400, Detail(error))
    found = search.find_tenants(filters, None, None).rows if filters.q else []
    template = "users/_tenants.html" if wants_fragment() else "users/tenants.html"
    more = len(found) > _OFFERED
    words = {"q": filters.q, "short": filters.prefix_only, "more": more}
    return render_template(template, found=found[:_OFFERED], **words)


def _page(
    form: NewUserForm, tenant: Tenant | None = None, status: int = 200, **words: Any
) -> Response:
    page = render_template(
        part_of("users/new.html"),
        form=form,
        tenant=tenant,
        first_field=lambda form, _notes: form.first_error or "username",
        **words,
    )
    return make_response(page, status)
