"""Passkeys: options for the browser's script, and a page for each of the own passkeys."""

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

from webui.accounts.factors import refusals, step_up
from webui.accounts.factors.forms import ConfirmForm, PasskeyForm, PasskeyNameForm
from webui.accounts.factors.required import before_enrolment, must_enrol
from webui.accounts.factors.step_up import own_factors, purpose
from webui.accounts.factors.webauthn import challenges, passkeys, relying_party
from webui.accounts.factors.webauthn.ceremonies import BadPasskey
from webui.accounts.factors.webauthn.passkeys import Answer
from webui.accounts.sessions import user_agents
from webui.core.permissions import Permission, requires
from webui.models import Passkey
from webui.web import request_actor
from webui.web.htmx import go_to, part_of
from webui.web.posted.csrf import TOO_OLD, page_again, shows_again

bp = Blueprint("passkeys", __name__, url_prefix="/account/passkeys")
NOT_MADE = "The passkey could not be set up. Try again, or use another device."
# A credential with its attestation has a few kilobytes.
LONGEST = 32 * 1024
_REGISTER = "register"


@bp.get("/new")
@before_enrolment
@requires(Permission.SIGNED_IN)
def new() -> str:
    """The form of a new passkey; its script requests one from the browser."""
    name = user_agents.describe_agent(request_actor.agent())
    return _new_page(PasskeyForm(own_factors(), formdata=None, name=name))


@bp.post("/confirm")
@requires(Permission.SIGNED_IN)
@shows_again(lambda: jsonify(message=TOO_OLD))
def confirmation() -> Response:
    """The WebAuthn options to confirm a change with one of the account's passkeys."""
    party = relying_party.relying_party()
    text, challenge = passkeys.confirmation_options(current_user.id, party)
    challenges.new_challenge(challenge, purpose(step_up.PURPOSE))
    return Response(text, mimetype="application/json")


@bp.post("/options")
@before_enrolment
@requires(Permission.SIGNED_IN)
@shows_again(lambda: jsonify(message=TOO_OLD))
def options() -> Response:
    """The WebAuthn options to create a passkey, after password and factor are confirmed."""
    form = ConfirmForm(own_factors())
    if not form.validate():
        return _error_json(form, 422)
    try:
        step_up.confirm(form)
    except refusals.KINDS as error:
        answer = refusals.refused_credentials(form, error, lambda _form: "")
        return _error_json(form, answer.status_code)
    text, challenge = passkeys.registration_options(current_user.id, relying_party.relying_party())
    challenges.new_challenge(challenge, purpose(_REGISTER))
    return Response(text, mimetype="application/json")


@bp.post("")
@before_enrolment
@requires(Permission.SIGNED_IN)
@shows_again(page_again(new))
def register() -> Any:
    """Stores the passkey that the browser created; shows recovery codes with a first factor."""
    form = PasskeyForm(own_factors())
    # Password and factor were checked before the challenge was issued.
    form.drop_confirmation()
    challenge = challenges.take(purpose(_REGISTER))
    if not form.validate():
        return _again(form)
    try:
        if challenge is None:
            raise BadPasskey
        answer = Answer(form.credential.value[:LONGEST], challenge, relying_party.relying_party())
        done = passkeys.register_passkey(step_up.by_challenge(), form.name.value, answer)
    except BadPasskey:
        form.fail("name", NOT_MADE)
        return _again(form)
    step_up.go_on(done, "Your passkey is set up.")
    if not done.codes:
        return go_to(url_for("account.page"))
    page = render_template(part_of("account/recovery_codes.html"), codes=done.codes)
    return make_response(page)


@bp.get("/<uuid:passkey_id>")
@requires(Permission.SIGNED_IN)
def page(passkey_id: UUID) -> str:
    """A passkey: its name, and its removal."""
    passkey = _own_passkey(passkey_id)
    return _page(passkey, PasskeyNameForm(formdata=None, name=passkey.name), _removal())


@bp.post("/<uuid:passkey_id>")
@requires(Permission.SIGNED_IN)
@shows_again(page_again(lambda passkey_id: _renaming(passkey_id, PasskeyNameForm())))
def rename(passkey_id: UUID) -> Any:
    """Renames the passkey."""
    passkey, form = _own_passkey(passkey_id), PasskeyNameForm()
    if not form.validate():
        return make_response(_page(passkey, form, _removal()), 422)
    passkeys.rename_passkey(current_user.id, passkey_id, form.name.value, request_actor.actor())
    flash("The passkey has its new name.")
    return go_to(url_for("account.page"))


@bp.post("/<uuid:passkey_id>/remove")
@requires(Permission.SIGNED_IN)
@shows_again(page_again(page))
def remove(passkey_id: UUID) -> Any:
    """Removes the passkey after re-authentication."""
    passkey, form = _own_passkey(passkey_id), ConfirmForm(own_factors())

    def again(form: ConfirmForm) -> str:
        return _page(passkey, PasskeyNameForm(formdata=None, name=passkey.name), form)

    if not form.validate():
        return make_response(again(form), 422)
    try:
        done = passkeys.remove_passkey(step_up.confirm(form), passkey_id)
    except refusals.KINDS as error:
        return refusals.refused_credentials(form, error, again)
    if done:
        step_up.go_on(done, "The passkey is removed.")
    return go_to(url_for("account.page"))


def _renaming(passkey_id: UUID, form: PasskeyNameForm) -> str:
    return _page(_own_passkey(passkey_id), form, _removal())


def _own_passkey(passkey_id: UUID) -> Passkey:
    """Returns the person's own passkey; 404 when there is none of this id."""
    return passkeys.own_passkey(current_user.id, passkey_id) or abort(404)


def _removal() -> ConfirmForm:
    return ConfirmForm(own_factors(), formdata=None)


def _again(posted: PasskeyForm) -> Response:
    """Renders the form with its error; it asks for password and factor again."""
    form = PasskeyForm(own_factors(), formdata=None, name=posted.name.data)
    for name, messages in posted.errors.items():
        form.fail(name if name in form else "name", messages[0])
    return make_response(_new_page(form), 422)


def _error_json(form: Any, status: int) -> Response:
    """Returns for the script which field is wrong, and the words that are beside it."""
    wrong = form.first_error
    message = form[wrong].errors[0] if wrong else NOT_MADE
    return make_response(jsonify(field=wrong, message=message), status)


def _new_page(form: PasskeyForm) -> str:
    return render_template(part_of("account/passkey_new.html"), form=form, required=must_enrol())


def _page(passkey: Passkey, form: PasskeyNameForm, removal: ConfirmForm) -> str:
    return render_template(
        part_of("account/passkey.html"), passkey=passkey, form=form, removal=removal
    )
