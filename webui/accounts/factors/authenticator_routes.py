"""Pages to set up and remove an authenticator app, and its recovery codes."""

from functools import partial
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    url_for,
)
from flask_login import current_user

from webui.accounts.factors import factor_changes, factors, qr_code, refusals
from webui.accounts.factors.factor_changes import Done, SessionEnded
from webui.accounts.factors.forms import ConfirmForm, SetupForm
from webui.accounts.factors.required import before_enrolment, must_enrol
from webui.accounts.factors.step_up import confirm as confirmed
from webui.accounts.factors.step_up import go_on, own_factors
from webui.core.permissions import Permission, requires
from webui.crypto.keyring import SecretError
from webui.web.htmx import go_to, part_of
from webui.web.posted.csrf import page_again, shows_again

bp = Blueprint("factors", __name__, url_prefix="/account")
TOO_OLD = "This page was too old. Scan the new code below."


@bp.app_errorhandler(SessionEnded)
def session_ended(_error: SessionEnded) -> Any:
    """Handles a session that ended during its request: a factor or the password was changed."""
    return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]


@bp.get("/authenticator")
@before_enrolment
@requires(Permission.SIGNED_IN)
def setup() -> Any:
    """The QR code and key of a new secret, and the form that confirms it."""
    if own_factors().authenticator:
        return redirect(url_for("account.page"), 303)
    return _fresh_setup()


@bp.post("/authenticator")
@before_enrolment
@requires(Permission.SIGNED_IN)
@shows_again(page_again(setup))
def confirm() -> Any:
    """Stores the authenticator after a code confirms it; shows the recovery codes once."""
    has = own_factors()
    if has.authenticator:
        # A second click, or another tab: the authenticator is confirmed already.
        return go_to(url_for("account.page"))
    form = SetupForm(has)
    valid = form.validate()
    try:
        secret = factors.secret_of(form.setup.data or "", current_user.id)
    except SecretError:
        return make_response(_fresh_setup(TOO_OLD), 422)
    page = partial(_setup_page, secret=secret)
    if not valid:
        return make_response(page(form), 422)
    try:
        done = factor_changes.add_authenticator(confirmed(form), secret, form.code.value)
    except refusals.KINDS as error:
        return refusals.refused_credentials(form, error, page)
    return _finished(done, "Your authenticator app is set up.")


@bp.get("/authenticator/remove")
@requires(Permission.SIGNED_IN)
def removal() -> Any:
    """The form to remove the authenticator; it asks for password and code."""
    has = own_factors()
    if not has.authenticator:
        return redirect(url_for("account.page"), 303)
    return _removal_page(ConfirmForm(has, formdata=None))


@bp.post("/authenticator/remove")
@requires(Permission.SIGNED_IN)
@shows_again(page_again(removal))
def remove() -> Any:
    """Removes the authenticator."""
    form = ConfirmForm(own_factors())
    if not form.validate():
        return make_response(_removal_page(form), 422)
    try:
        done = factor_changes.remove_authenticator(confirmed(form))
    except refusals.KINDS as error:
        return refusals.refused_credentials(form, error, _removal_page)
    return _finished(done, "The authenticator app is removed.")


@bp.get("/recovery-codes")
@requires(Permission.SIGNED_IN)
def renewal() -> Any:
    """The form to renew the recovery codes; it asks for password and second factor."""
    has = own_factors()
    if not has.any:
        return redirect(url_for("account.page"), 303)
    return _renewal_page(ConfirmForm(has, formdata=None))


@bp.post("/recovery-codes")
@requires(Permission.SIGNED_IN)
@shows_again(page_again(renewal))
def renew() -> Any:
    """Creates ten new recovery codes and shows them once."""
    form = ConfirmForm(own_factors())
    if not form.validate():
        return make_response(_renewal_page(form), 422)
    try:
        done = factor_changes.renew_codes(confirmed(form))
    except refusals.KINDS as error:
        return refusals.refused_credentials(form, error, _renewal_page)
    return _finished(done, "You have new recovery codes.")


def _fresh_setup(error: str | None = None) -> str:
    secret, sealed = factors.new_setup(current_user.id)
    form = SetupForm(own_factors(), formdata=None, setup=sealed)
    if error:
        form.fail("code", error)
    return _setup_page(form, secret)


def _setup_page(form: SetupForm, secret: str) -> str:
    return render_template(
        part_of("account/authenticator.html"),
        form=form,
        picture=qr_code.picture(secret, current_user.username),
        key=qr_code.grouped_key(secret),
        required=must_enrol(),
    )


def _removal_page(form: ConfirmForm) -> str:
    return render_template(part_of("account/authenticator_removal.html"), form=form, has=form.has)


def _renewal_page(form: ConfirmForm) -> str:
    return render_template(part_of("account/recovery_renewal.html"), form=form)


def _finished(done: Done | None, message: str) -> Any:
    """Shows new recovery codes once, or returns to the account page; None: nothing changed."""
    if done is None:
        return go_to(url_for("account.page"))
    go_on(done, message)
    return recovery_codes(done.codes) if done.codes else go_to(url_for("account.page"))


def recovery_codes(codes: list[str]) -> Response:
    """The page that shows recovery codes."""
    return make_response(render_template(part_of("account/recovery_codes.html"), codes=codes))
