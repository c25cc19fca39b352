"""Setting up and removing an authenticator app, and its recovery codes."""

from functools import partial
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for
from flask_login import current_user

from webui import origin
from webui.accounts import factors, own, qr, refusals
from webui.accounts.forms import ConfirmForm, RemovalForm, SetupForm
from webui.accounts.required import before_enrolment, must_enrol
from webui.crypto.keyring import SecretError
from webui.htmx import go_to, part_of
from webui.permissions import Permission, requires

bp = Blueprint("factors", __name__, url_prefix="/account")
TOO_OLD = "This page was too old. Scan the new code below."


@bp.get("/authenticator")
@before_enrolment
@requires(Permission.SIGNED_IN)
def setup() -> Any:
    """The QR code and key of a fresh secret, and the form that confirms it."""
    if factors.of(current_user.id).authenticator:
        return redirect(url_for("account.page"), 303)
    return _fresh_setup()


@bp.post("/authenticator")
@before_enrolment
@requires(Permission.SIGNED_IN)
def confirm() -> Any:
    """Keeps the authenticator once a code confirms it; shows the recovery codes, once."""
    form = _setup_form(SetupForm())
    valid = form.validate()
    try:
        secret = factors.secret_of(form.setup.data or "", current_user.id)
    except SecretError:
        return make_response(_fresh_setup(TOO_OLD), 422)
    page = partial(_setup_page, secret=secret)
    if not valid:
        return make_response(page(form), 422)
    try:
        if "current_password" in form:
            own.check_password(current_user.id, form.current_password.value, origin.actor())
        codes = factors.add_authenticator(current_user.id, secret, form.code.value, origin.actor())
    except refusals.KINDS as error:
        return refusals.refused(form, error, page)
    flash("Your authenticator app is set up.")
    return _show(codes) if codes else go_to(url_for("account.page"))


@bp.get("/authenticator/remove")
@requires(Permission.SIGNED_IN)
def removal() -> Any:
    """The form that asks for password and code."""
    if not factors.of(current_user.id).authenticator:
        return redirect(url_for("account.page"), 303)
    return _removal_page(RemovalForm(formdata=None))


@bp.post("/authenticator/remove")
@requires(Permission.SIGNED_IN)
def remove() -> Any:
    """Removes the authenticator."""
    form = RemovalForm()
    if not form.validate():
        return make_response(_removal_page(form), 422)
    try:
        factors.remove_authenticator(
            current_user.id, form.current_password.value, form.code.value, origin.actor()
        )
    except refusals.KINDS as error:
        return refusals.refused(form, error, _removal_page)
    flash("The authenticator app is removed.")
    return go_to(url_for("account.page"))


@bp.get("/recovery-codes")
@requires(Permission.SIGNED_IN)
def renewal() -> Any:
    """The form that asks for the password."""
    if not factors.of(current_user.id).any:
        return redirect(url_for("account.page"), 303)
    return _renewal_page(ConfirmForm(formdata=None))


@bp.post("/recovery-codes")
@requires(Permission.SIGNED_IN)
def renew() -> Any:
    """Makes ten new recovery codes and shows them, once."""
    form = ConfirmForm()
    if not form.validate():
        return make_response(_renewal_page(form), 422)
    try:
        codes = factors.renew_codes(current_user.id, form.current_password.value, origin.actor())
    except refusals.KINDS as error:
        return refusals.refused(form, error, _renewal_page)
    return _show(codes) if codes else go_to(url_for("account.page"))


def _fresh_setup(error: str | None = None) -> str:
    secret, sealed = factors.new_setup(current_user.id)
    form = _setup_form(SetupForm(formdata=None, setup=sealed))
    if error:
        form.fail("code", error)
    return _setup_page(form, secret)


def _setup_form(form: SetupForm) -> SetupForm:
    """Asks for the password only where it was not given a moment ago."""
    if not own.needs_password(current_user.signed_in_at):
        del form.current_password
    return form


def _setup_page(form: SetupForm, secret: str) -> str:
    return render_template(
        part_of("account/authenticator.html"),
        form=form,
        picture=qr.picture(secret, current_user.username),
        key=qr.grouped(secret),
        required=must_enrol(),
    )


def _removal_page(form: RemovalForm) -> str:
    has = factors.of(current_user.id)
    return render_template(part_of("account/authenticator_removal.html"), form=form, has=has)


def _renewal_page(form: ConfirmForm) -> str:
    return render_template(part_of("account/recovery_renewal.html"), form=form)


def _show(codes: list[str]) -> Response:
    return make_response(render_template(part_of("account/recovery_codes.html"), codes=codes))
