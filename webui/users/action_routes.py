"""The pages of actions on an account: each asks for confirmation and a reason first."""

from collections.abc import Callable
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

from webui.core.permissions import Permission, Role, requires
from webui.models import User
from webui.tenants.page.form_responses import explain
from webui.users import account_actions, guards, operations, profile
from webui.users.account_actions import AccountAction
from webui.users.issued_links import show_once
from webui.users.operations import AccountChange
from webui.users.scope import get_user
from webui.web import request_actor
from webui.web.errors import Detail
from webui.web.htmx import go_to, part_of
from webui.web.posted import drafts
from webui.web.posted.drafts import keeps_draft

bp = Blueprint("account_actions", __name__, url_prefix="/users/<uuid:user_id>")
NO_ROLE = "This form is incomplete: its role is missing. Reload the page."


@bp.get("/link")
@requires(Permission.ISSUE_LINK)
def link(user_id: UUID) -> Any:
    """Asks for confirmation before a link to choose a password is issued."""
    return _ask(user_id, account_actions.LINK)


@bp.post("/link")
@requires(Permission.ISSUE_LINK)
@keeps_draft("account_actions.link")
def issue_link(user_id: UUID) -> Any:
    """Issues the link and shows it once."""

    def act(order: AccountChange, _form: Any) -> Any:
        return show_once(get_user(user_id), operations.issue_link(order, request_actor.actor()))

    return _carry_out(user_id, account_actions.LINK, act)


@bp.get("/role")
@requires(Permission.CHANGE_ROLE)
def role(user_id: UUID) -> Any:
    """The form to change a colleague's role."""
    return _ask(user_id, account_actions.ROLE)


@bp.post("/role")
@requires(Permission.CHANGE_ROLE)
@keeps_draft("account_actions.role")
def change_role(user_id: UUID) -> Any:
    """Changes the role."""

    def act(order: AccountChange, form: Any) -> Any:
        chosen = Role(form.role.value)
        changed = operations.change_role(order, chosen, _posted_role(), request_actor.actor())
        return _done(
            user_id, "The role was changed." if changed else "The account already has this role."
        )

    return _carry_out(user_id, account_actions.ROLE, act)


@bp.get("/status")
@requires(Permission.DISABLE_USER)
def status(user_id: UUID) -> Any:
    """Asks for confirmation before an account is disabled or enabled."""
    return _ask(user_id, account_actions.STATUS)


@bp.post("/status")
@requires(Permission.DISABLE_USER)
@keeps_draft("account_actions.status")
def set_active(user_id: UUID) -> Any:
    """Disables or enables the account, as the form's field ``active`` says."""

    def act(order: AccountChange, _form: Any) -> Any:
        active = _posted_state()
        changed = operations.set_active(order, active, request_actor.actor())
        word = "enabled" if active else "disabled"
        return _done(
            user_id,
            f"The account {'is' if changed else 'was'} {word}{'' if changed else ' already'}.",
        )

    return _carry_out(user_id, account_actions.STATUS, act)


@bp.get("/sessions")
@requires(Permission.REVOKE_SESSIONS)
def sessions(user_id: UUID) -> Any:
    """Asks for confirmation before all sessions of the account are ended."""
    return _ask(user_id, account_actions.SESSIONS)


@bp.post("/sessions")
@requires(Permission.REVOKE_SESSIONS)
@keeps_draft("account_actions.sessions")
def revoke_sessions(user_id: UUID) -> Any:
    """Ends every session of the account."""

    def act(order: AccountChange, _form: Any) -> Any:
        ended = operations.revoke_sessions(order, request_actor.actor())
        return _done(
            user_id, "Signed out everywhere." if ended else "Already signed out everywhere."
        )

    return _carry_out(user_id, account_actions.SESSIONS, act)


@bp.get("/second-factor")
@requires(Permission.RESET_FACTOR)
def factor(user_id: UUID) -> Any:
    """Asks for confirmation before the account's second factors are removed."""
    return _ask(user_id, account_actions.FACTOR)


@bp.post("/second-factor")
@requires(Permission.RESET_FACTOR)
@keeps_draft("account_actions.factor")
def remove_factor(user_id: UUID) -> Any:
    """Removes the account's second factors."""

    def act(order: AccountChange, _form: Any) -> Any:
        removed = operations.remove_factors(order, request_actor.actor())
        return _done(
            user_id, "The second factor was removed." if removed else "There was no second factor."
        )

    return _carry_out(user_id, account_actions.FACTOR, act)


def _ask(user_id: UUID, action: AccountAction) -> Response:
    user = _other(user_id)
    typed = drafts.find_draft(request.path)
    form: Any = action.form(formdata=typed) if typed else action.form(role=user.role)
    return _page(user, action, form, restored=typed is not None)


def _carry_out(
    user_id: UUID, action: AccountAction, act: Callable[[AccountChange, Any], Any]
) -> Any:
    user, form = _other(user_id), action.form()
    if not form.validate():
        return _page(user, action, form, 422)
    try:
        return act(AccountChange(user_id, form.reason.value, request.path), form)
    except guards.NoLonger as refusal:
        abort(403, Detail(refusal))
    except guards.Refused as refusal:
        return _page(user, action, form, 409, problem=str(refusal))
    except guards.Stale:
        return _page(get_user(user_id), action, form, 409, latest=profile.latest_role(user_id))
    except SQLAlchemyError as error:
        return _page(user, action, form, 503, problem=explain(error))


def _other(user_id: UUID) -> User:
    """Loads the account; 403 for the person's own, which is changed on the account page."""
    user = get_user(user_id)
    if account_actions.is_own(user):
        abort(403, Detail(guards.OWN_ACCOUNT))
    return user


def _page(
    user: User, action: AccountAction, form: Any, status: int = 200, **words: Any
) -> Response:
    page = render_template(
        part_of("users/action.html"),
        user=user,
        action=action,
        words=action.words(user),
        form=form,
        first_field=lambda form, _notes: form.first_error or next(f.name for f in form),
        **words,
    )
    return make_response(page, status)


def _done(user_id: UUID, message: str) -> Any:
    flash(message)
    return go_to(url_for("users.page", user_id=user_id))


def _posted_role() -> str:
    sent = request.form.getlist("was")
    if len(sent) != 1:
        abort(400, Detail(NO_ROLE))
    return sent[0]


def _posted_state() -> bool:
    sent = request.form.getlist("active")
    if sent not in (["true"], ["false"]):
        abort(400, Detail("This form is incomplete. Reload the page."))
    return sent == ["true"]
