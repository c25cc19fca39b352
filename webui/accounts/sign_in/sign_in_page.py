"""The sign-in form again: with an error, or where somebody is signed in already."""

from flask import current_app, make_response, render_template
from flask_login import current_user
from werkzeug.wrappers import Response

from webui.accounts.sign_in import sign_in_response
from webui.accounts.sign_in.forms import LoginForm
from webui.web.htmx import htmx_place, wants_fragment
from webui.web.navigation import safe_next

TOO_OLD = "This form was too old or incomplete. Nothing is lost: sign in again."


def again(form: LoginForm, error: str | None, blocked: bool = False) -> str:
    """Renders the page or, for htmx, the form; ``blocked`` only after correct credentials."""
    return render_template(
        "accounts/_sign_in_again.html" if wants_fragment() else "accounts/login.html",
        form=form,
        error=error,
        blocked=blocked,
        contact=current_app.extensions["webui_config"].support_contact,
        place=htmx_place(),
        target=safe_next(form.next.data),
    )


def after_token_failed() -> Response:
    """Answers a form whose token is missing or too old; nobody is signed in by it."""
    form = LoginForm()
    if is_current_person(form.username.data):
        return sign_in_response.go_on(form.next.data, in_place=True)
    error = None if current_user.is_authenticated else TOO_OLD
    return make_response(again(form, error), 400)


def while_signed_in(form: LoginForm) -> Response | None:
    """Answers a sign-in in a browser where somebody is signed in, as from a second tab.

    The same person goes on. Anybody else gets the form again, which says who is signed in: nobody
    is signed out without knowing. None when nobody is signed in, or when that form was sent.
    """
    if not current_user.is_authenticated or form.instead.data == current_user.username:
        return None
    if is_current_person(form.username.data):
        return sign_in_response.go_on(form.next.data, in_place=True)
    return make_response(again(form, None), 409)


def is_current_person(name: str | None) -> bool:
    """Whether a username or an e-mail address is the one of the person who is signed in."""
    if not name or not current_user.is_authenticated:
        return False
    own = (current_user.username.casefold(), current_user.email.casefold())
    return name.strip().casefold() in own
