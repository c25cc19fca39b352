"""Passkeys: options for the browser's script, signing in, and a page for each of one's own."""

from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    jsonify,
    make_response,
    render_template,
    url_for,
)
from flask_login import current_user

from webui import origin
from webui.accounts import (
    agents,
    challenges,
    factors,
    own,
    passkeys,
    refusals,
    relying_party,
)
from webui.accounts.ceremonies import BadPasskey
from webui.accounts.forms import ConfirmForm, PasskeyForm, PasskeyNameForm
from webui.accounts.required import before_enrolment, must_enrol
from webui.htmx import go_to, part_of
from webui.models import Passkey
from webui.permissions import Permission, requires

bp = Blueprint("passkeys", __name__, url_prefix="/account/passkeys")
NOT_MADE = "The passkey could not be set up. Try again, or use another device."
# A credential with its attestation is a few kilobytes.
LONGEST = 32 * 1024


@bp.get("/new")
@before_enrolment
@requires(Permission.SIGNED_IN)
def new() -> str:
    """The form of a new passkey; its script asks the browser for one."""
    name = agents.in_words(origin.agent())
    return _new_page(_asking(PasskeyForm(formdata=None, name=name)))


@bp.post("/options")
@before_enrolment
@requires(Permission.SIGNED_IN)
def options() -> Response:
    """What the browser needs to make a passkey; after the password, where it is asked for."""
    form = _asking(ConfirmForm())
    if not form.validate():
        return _said(form, 422)
    try:
        if "current_password" in form:
            own.check_password(current_user.id, form.current_password.value, origin.actor())
    except refusals.KINDS as error:
        answer = refusals.refused(form, error, lambda form: form.errors["current_password"][0])
        return _said(form, answer.status_code)
    text, challenge = passkeys.registration_options(current_user.id, relying_party.current())
    challenges.remember(challenge, _purpose())
    return Response(text, mimetype="application/json")


@bp.post("")
@before_enrolment
@requires(Permission.SIGNED_IN)
def register() -> Any:
    """Keeps the passkey that the browser made; shows recovery codes with a first factor."""
    form = PasskeyForm()
    # The password was judged before the challenge was given away.
    del form.current_password
    challenge = challenges.take(_purpose())
    if not form.validate():
        return make_response(_new_page(form), 422)
    try:
        if challenge is None:
            raise BadPasskey
        codes = passkeys.register(
            current_user.id,
            form.name.value,
            form.credential.value[:LONGEST],
            challenge,
            relying_party.current(),
            origin.actor(),
        )
    except BadPasskey:
        form.fail("name", NOT_MADE)
        return make_response(_new_page(form), 422)
    flash("Your passkey is set up.")
    if not codes:
        return go_to(url_for("account.page"))
    return make_response(render_template(part_of("account/recovery_codes.html"), codes=codes))


@bp.get("/<uuid:passkey_id>")
@requires(Permission.SIGNED_IN)
def page(passkey_id: UUID) -> str:
    """One passkey: its name, and its removal."""
    passkey = _own_passkey(passkey_id)
    return _page(passkey, PasskeyNameForm(formdata=None, name=passkey.name), ConfirmForm(None))


@bp.post("/<uuid:passkey_id>")
@requires(Permission.SIGNED_IN)
def rename(passkey_id: UUID) -> Any:
    """Gives it another name."""
    passkey, form = _own_passkey(passkey_id), PasskeyNameForm()
    if not form.validate():
        return make_response(_page(passkey, form, ConfirmForm(None)), 422)
    passkeys.rename(current_user.id, passkey_id, form.name.value, origin.actor())
    flash("The passkey has its new name.")
    return go_to(url_for("account.page"))


@bp.post("/<uuid:passkey_id>/remove")
@requires(Permission.SIGNED_IN)
def remove(passkey_id: UUID) -> Any:
    """Removes it, with the password."""
    passkey, form = _own_passkey(passkey_id), ConfirmForm()

    def again(form: ConfirmForm) -> str:
        return _page(passkey, PasskeyNameForm(formdata=None, name=passkey.name), form)

    if not form.validate():
        return make_response(again(form), 422)
    try:
        passkeys.remove(current_user.id, passkey_id, form.current_password.value, origin.actor())
    except refusals.KINDS as error:
        return refusals.refused(form, error, again)
    flash("The passkey is removed.")
    return go_to(url_for("account.page"))


def _own_passkey(passkey_id: UUID) -> Passkey:
    """404 for one that is not there or not one's own."""
    return passkeys.find(current_user.id, passkey_id) or abort(404)


def _purpose() -> str:
    return f"register {current_user.id}"


def _asking(form: Any) -> Any:
    """Asks for the password only where it was not given a moment ago."""
    if not own.needs_password(current_user.signed_in_at):
        del form.current_password
    return form


def _said(form: Any, status: int) -> Response:
    errors = [field.errors[0] for field in form if field.errors]
    return make_response(jsonify(message=errors[0] if errors else NOT_MADE), status)


def _new_page(form: PasskeyForm) -> str:
    return render_template(part_of("account/passkey_new.html"), form=form, required=must_enrol())


def _page(passkey: Passkey, form: PasskeyNameForm, removal: ConfirmForm) -> str:
    last = len(factors.of(current_user.id).passkeys) == 1
    return render_template(
        part_of("account/passkey.html"), passkey=passkey, form=form, removal=removal, last=last
    )
