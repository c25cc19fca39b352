"""Sign-in with a passkey instead of password and code."""

from typing import Any

from flask import Blueprint, Response, jsonify, make_response, request
from flask_login import current_user

from webui.accounts.factors.webauthn import challenges, passkeys, relying_party
from webui.accounts.sessions import known_devices, sessions
from webui.accounts.sign_in import passkey_authentication, sign_in_page, sign_in_response
from webui.accounts.sign_in.forms import LoginForm
from webui.core.permissions import public
from webui.rate_limits import throttle
from webui.web import request_actor, retry_after
from webui.web.posted.csrf import shows_again
from webui.web.posted.csrf_tokens import csrf_token

bp = Blueprint("passkey_sign_in", __name__, url_prefix="/login/passkey")
REFUSED = "This passkey did not work here. Try again, or sign in with your password."
TOO_OLD = "This page was too old. Press the button again."
SIGNED_IN = "You are signed in as {}. Press the button again to sign in as somebody else."
_PURPOSE = "sign in"
_LONGEST = 16 * 1024


def _after_token_failed() -> Response:
    """Answers a script: the sentence to show, and what the form then contains."""
    fields = {"csrf_token": csrf_token()}
    if not current_user.is_authenticated:
        return make_response(jsonify(message=TOO_OLD, fields=fields), 400)
    # Who presses again has read who is signed in.
    name = fields["instead"] = current_user.username
    return make_response(jsonify(message=SIGNED_IN.format(name), fields=fields), 400)


@bp.post("/options")
@public
@shows_again(_after_token_failed)
def options() -> Response:
    """The WebAuthn options to find a passkey; their challenge is valid once, in this browser."""
    text, challenge = passkeys.sign_in_options(relying_party.relying_party())
    challenges.new_challenge(challenge, _PURPOSE)
    return Response(text, mimetype="application/json")


@bp.post("")
@public
@shows_again(sign_in_page.after_token_failed)
def enter() -> Any:
    """Signs in, or shows an error (422)."""
    form, before = LoginForm(), sessions.current_person_id()
    challenge = challenges.take(_PURPOSE)
    sent = request.form.getlist("credential")
    if challenge is None or len(sent) != 1:
        return make_response(sign_in_page.again(form, REFUSED), 422)
    answer = sign_in_page.while_signed_in(form)
    if answer:
        return answer
    try:
        result = passkey_authentication.sign_in_by_passkey(
            sent[0][:_LONGEST],
            challenge,
            relying_party.relying_party(),
            request_actor.person(None, None, None),
            sessions.current_hash(),
            known_devices.device_mark(),
        )
    except throttle.TooMany as refusal:
        return retry_after.too_many(
            sign_in_page.again(form, retry_after.wait_in_words(refusal)), refusal
        )
    if result.token is None or result.user is None:
        error = None if result.blocked else REFUSED
        return make_response(sign_in_page.again(form, error, result.blocked), 422)
    again = before is not None and before == result.user.id
    return sign_in_response.complete_sign_in(result.token, result.user, form.next.data, again)
