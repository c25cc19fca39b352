"""The pages of other people's API tokens."""

from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    make_response,
    render_template,
    request,
    url_for,
)
from sqlalchemy.exc import SQLAlchemyError

from webui.accounts.api_tokens import listing
from webui.accounts.api_tokens.listing import Listed
from webui.core.permissions import Permission, requires
from webui.models import User
from webui.tenants.page.form_responses import explain
from webui.users import account_actions, guards, tokens
from webui.users.forms import ReasonForm
from webui.users.operations import AccountChange
from webui.users.scope import get_user
from webui.users.search import Filters
from webui.web import request_actor
from webui.web.errors import Detail
from webui.web.htmx import go_to, part_of
from webui.web.paging import NO_SUCH_PAGE, BadCursor
from webui.web.posted import drafts
from webui.web.posted.drafts import keeps_draft

bp = Blueprint("user_tokens", __name__, url_prefix="/users")
NO_TOKEN = "This account has no API token of this address, or it ended a while ago."
GONE = "This token was not valid any more."


@bp.get("/tokens")
@requires(Permission.SEE_TOKENS)
def index() -> str:
    """The tokens of all accounts that work."""
    try:
        found = tokens.find_tokens(request.args.get("after"), request.args.get("before"))
    except BadCursor:
        abort(400, Detail(NO_SUCH_PAGE))
    return render_template(part_of("users/tokens.html"), found=found, filters=Filters())


@bp.get("/<uuid:user_id>/tokens/<uuid:token_id>")
@requires(Permission.SEE_TOKENS)
def page(user_id: UUID, token_id: UUID) -> Any:
    """A token of somebody else, and the form that revokes it."""
    user, token = _found(user_id, token_id)
    typed = drafts.find_draft(request.path)
    return _page(user, token, ReasonForm(formdata=typed), restored=typed is not None)


@bp.post("/<uuid:user_id>/tokens/<uuid:token_id>")
@requires(Permission.SEE_TOKENS)
@keeps_draft("user_tokens.page")
def revoke(user_id: UUID, token_id: UUID) -> Any:
    """Revokes the token."""
    user, token = _found(user_id, token_id)
    form = ReasonForm()
    if not form.validate():
        return _page(user, token, form, 422)
    order = AccountChange(user_id, form.reason.value, request.path)
    try:
        revoked = tokens.revoke_token(order, token_id, request_actor.actor())
    except guards.NoLonger as refusal:
        abort(403, Detail(refusal))
    except SQLAlchemyError as error:
        return _page(user, token, form, 503, problem=explain(error))
    flash("The token is revoked." if revoked else GONE)
    return go_to(url_for("users.page", user_id=user_id))


def _found(user_id: UUID, token_id: UUID) -> tuple[User, Listed]:
    """Loads the token; 404 when it is absent, 403 for the person's own account."""
    user = get_user(user_id)
    if account_actions.is_own(user):
        abort(403, Detail(guards.OWN_ACCOUNT))
    found = (token for token in listing.tokens_of(user.id, user.role) if token.id == token_id)
    return user, next(found, None) or abort(404, Detail(NO_TOKEN))


def _page(user: User, token: Listed, form: ReasonForm, status: int = 200, **words: Any) -> Response:
    page = render_template(
        part_of("users/token.html"),
        user=user,
        token=token,
        form=form,
        first_field=lambda _form, _notes: "reason",
        **words,
    )
    return make_response(page, status)
