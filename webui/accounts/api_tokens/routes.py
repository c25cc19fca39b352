"""The pages of the own API tokens: a new one, shown once, and the end of one."""

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
from flask_login import current_user

from webui.accounts.api_tokens import listing, operations
from webui.accounts.api_tokens.forms import TokenForm
from webui.accounts.api_tokens.operations import Made, NotPossible, SentForm
from webui.accounts.api_tokens.scopes import scopes_of_role
from webui.accounts.factors import refusals, step_up
from webui.core.extensions import db
from webui.core.permissions import Permission, requires
from webui.models import User
from webui.web import request_actor
from webui.web.errors import Detail
from webui.web.htmx import go_to, part_of
from webui.web.idempotency_keys import KeyReused
from webui.web.posted import drafts
from webui.web.posted.csrf import page_again, shows_again
from webui.web.posted.drafts import keeps_draft
from webui.web.posted.forms import posted_submission

bp = Blueprint("api_tokens", __name__, url_prefix="/account/tokens")
NO_TOKEN = "You have no API token of this address, or it ended a while ago."


@bp.get("/new")
@requires(Permission.MAKE_TOKENS)
def new() -> str:
    """The form of a new token."""
    typed = drafts.find_draft(url_for(".create"))
    form = TokenForm(step_up.own_factors(), current_user.role, formdata=typed)
    return _new_page(form, restored=typed is not None)


@bp.post("")
@requires(Permission.MAKE_TOKENS)
@keeps_draft("api_tokens.new")
def create() -> Any:
    """Makes the token and shows it once."""
    mark, form = posted_submission(), TokenForm(step_up.own_factors(), current_user.role)
    try:
        if operations.has_made(current_user.id, mark):
            return _shown(None)
        if not form.validate():
            return make_response(_new_page(form), 422)
        return _shown(_make(form, mark))
    except KeyReused:
        return _shown(None)
    except NotPossible as refusal:
        form.fail(refusal.field, str(refusal))
        return make_response(_new_page(form), 422)
    except refusals.KINDS as error:
        return refusals.refused_credentials(form, error, _new_page)


def _make(form: TokenForm, mark: str) -> Made:
    """Judges the token first, because a code confirms only once."""
    operations.refuse_unfit(db.session.get_one(User, current_user.id), form.chosen)
    by = step_up.confirm(form)
    sent = SentForm(mark, request.path)
    return operations.create(by.user_id, form.chosen, by.actor, form=sent)


@bp.get("/<uuid:token_id>")
@requires(Permission.MAKE_TOKENS)
def page(token_id: UUID) -> str:
    """A token, and the button that revokes it."""
    found = listing.tokens_of(current_user.id, current_user.role)
    token = next((token for token in found if token.id == token_id), None)
    if token is None:
        abort(404, Detail(NO_TOKEN))
    return render_template(part_of("account/token.html"), token=token)


@bp.post("/<uuid:token_id>/revoke")
@requires(Permission.MAKE_TOKENS)
@shows_again(page_again(page))
def revoke(token_id: UUID) -> Any:
    """Revokes the token."""
    revoked = operations.revoke_own(current_user.id, token_id, request_actor.actor())
    flash("The token is revoked." if revoked else "This token was not valid any more.")
    return go_to(url_for("account.page", _anchor="tokens"))


def _new_page(form: TokenForm, *, restored: bool = False) -> str:
    return render_template(
        part_of("account/token_new.html"),
        form=form,
        scopes=scopes_of_role(current_user.role),
        restored=restored,
    )


def _shown(made: Made | None) -> Response:
    """The page that shows a new token once; None: the form had made one already."""
    return make_response(render_template(part_of("account/token_made.html"), made=made))
