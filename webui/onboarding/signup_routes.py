"""The sign-up page."""

from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    make_response,
    redirect,
    render_template,
    url_for,
)
from flask_login import current_user
from sqlalchemy.exc import SQLAlchemyError

from webui.accounts.sign_in import sign_in_response
from webui.accounts.sign_in.sign_in_page import is_current_person
from webui.core.permissions import public
from webui.history.record.actions import Source
from webui.onboarding import signup
from webui.onboarding.forms import SignUpForm
from webui.rate_limits import throttle
from webui.tenants.page.form_responses import explain
from webui.web import request_actor, retry_after
from webui.web.errors import Detail
from webui.web.htmx import go_to
from webui.web.posted.csrf import shows_again
from webui.web.posted.forms import posted_submission

bp = Blueprint("signup", __name__)
CLOSED = "New organisations cannot sign up here by themselves. Ask {} for an account."
TOO_OLD = "This form was too old or incomplete, and nothing was created. Send it again."
TAKEN = "This username is taken. Choose another."


@bp.app_context_processor
def _signup_open() -> dict[str, bool]:
    return {"signup_open": current_app.extensions["webui_config"].signup}


@bp.get("/signup")
@public
def form() -> Any:
    """The form; a person who is signed in is redirected."""
    _refuse_closed()
    if current_user.is_authenticated:
        return redirect(url_for("accounts.start"), 303)
    return _page(SignUpForm())


def _after_token_failed() -> Any:
    """Answers a form whose token is missing or too old: the form again."""
    _refuse_closed()
    form = SignUpForm()
    if current_user.is_authenticated:
        return _while_signed_in(form, 400)
    return _page(form, 400, TOO_OLD)


def _while_signed_in(form: SignUpForm, status: int) -> Any:
    """After a second click the person goes on; another one is told who is signed in."""
    name = form.username.data
    if not name or is_current_person(name):
        return go_to(url_for("accounts.start"))
    return _page(form, status)


@bp.post("/signup")
@public
@shows_again(_after_token_failed)
def sign_up() -> Any:
    """Creates the organisation and continues with the wizard, signed in."""
    _refuse_closed()
    if current_user.is_authenticated:
        return _while_signed_in(SignUpForm(), 409)
    mark, form = posted_submission(), SignUpForm()
    if not form.validate():
        return _page(form, 422)
    try:
        made = signup.sign_up(
            _new_owner(form, mark), request_actor.person(None, None, None, Source.WIZARD)
        )
    except signup.UsernameTaken:
        form.fail("username", TAKEN)
        return _page(form, 422)
    except throttle.TooMany as refusal:
        return retry_after.too_many(_page(form, 429, retry_after.wait_in_words(refusal)), refusal)
    except SQLAlchemyError as error:
        return _page(form, 503, explain(error))
    return sign_in_response.complete_sign_in(
        made.token, made.user, url_for("onboarding.start"), again=False
    )


def _new_owner(form: SignUpForm, mark: str) -> signup.NewOwner:
    return signup.NewOwner(
        organisation=form.organisation.value,
        username=form.username.value,
        email=form.email.value,
        password=form.password.value,
        mark=mark,
    )


def _page(form: SignUpForm, status: int = 200, problem: str | None = None) -> Response:
    page = render_template(
        "onboarding/signup.html",
        form=form,
        problem=problem,
        first_field=lambda form, _notes: form.first_error or "organisation",
    )
    return make_response(page, status)


def _refuse_closed() -> None:
    config = current_app.extensions["webui_config"]
    if not config.signup:
        abort(404, Detail(CLOSED.format(config.support_contact or "our support team")))
