"""The pages of links: choosing a password, or the message that the link is not valid."""

from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    make_response,
    render_template,
    url_for,
)

from webui.accounts.sessions import sessions
from webui.accounts.sign_in.sign_in_response import complete_sign_in
from webui.core.permissions import public
from webui.links import operations
from webui.links.forms import ChoosePasswordForm
from webui.links.operations import Gone
from webui.models import User
from webui.models.link import LinkKind
from webui.web import request_actor
from webui.web.headers import secret_address
from webui.web.htmx import go_to, part_of
from webui.web.posted.csrf import shows_again

bp = Blueprint("links", __name__)
TOO_OLD = "This page was too old, and the password is not set yet. Type it again."
PASSWORD_SET = "Your password is set. Sign in with it now."


@bp.get("/invitation/<token>")
@public
@secret_address
def invitation(token: str) -> Any:
    """The form for a first password."""
    return _show(LinkKind.INVITATION, token)


@bp.post("/invitation/<token>")
@public
@secret_address
@shows_again(lambda token: _show(LinkKind.INVITATION, token, TOO_OLD))
def accept(token: str) -> Any:
    """Sets the first password and signs in."""
    return _use(LinkKind.INVITATION, token)


@bp.get("/reset/<token>")
@public
@secret_address
def reset(token: str) -> Any:
    """The form for a new password, in place of a forgotten one."""
    return _show(LinkKind.RESET, token)


@bp.post("/reset/<token>")
@public
@secret_address
@shows_again(lambda token: _show(LinkKind.RESET, token, TOO_OLD))
def set_again(token: str) -> Any:
    """Sets the new password. The person then signs in, with the second factor."""
    return _use(LinkKind.RESET, token)


def _show(kind: LinkKind, token: str, problem: str | None = None) -> Response:
    try:
        user = operations.user_of_link(kind, token)
    except Gone:
        return _gone()
    return _form(ChoosePasswordForm(user), user, kind, problem=problem)


def _use(kind: LinkKind, token: str) -> Any:
    visitor = request_actor.person(None, None, None)
    operations.count_link_try(visitor)
    try:
        user = operations.user_of_link(kind, token)
        form = ChoosePasswordForm(user)
        if not form.validate():
            operations.forgive_try(visitor)
            return _form(form, user, kind, 422)
        chosen = operations.choose_password(
            kind, token, form.password.value, visitor, sessions.current_hash()
        )
    except Gone:
        return _gone()
    return _go_on(chosen)


def _go_on(chosen: operations.Chosen) -> Any:
    if chosen.session is None:
        flash(PASSWORD_SET)
        return go_to(url_for("accounts.login"))
    return complete_sign_in(chosen.session, chosen.user, None, again=False)


def _form(
    form: ChoosePasswordForm,
    user: User,
    kind: LinkKind,
    status: int = 200,
    problem: str | None = None,
) -> Response:
    page = render_template(
        part_of("links/choose.html"),
        form=form,
        user=user,
        problem=problem,
        first=kind is LinkKind.INVITATION,
        first_field=lambda _form, _notes: "password",
    )
    return make_response(page, status)


def _gone() -> Response:
    """Returns the same page for every invalid link, so that it does not reveal the cause."""
    contact = current_app.extensions["webui_config"].support_contact
    return make_response(render_template(part_of("links/gone.html"), contact=contact), 404)
