"""Re-authentication and its follow-up, for all pages that change factors."""

from flask import flash
from flask_login import current_user

from webui.accounts.factors import confirmation, factors
from webui.accounts.factors.factor_changes import Confirmed, Done
from webui.accounts.factors.factors import Factors
from webui.accounts.factors.forms import ConfirmForm
from webui.accounts.factors.webauthn import challenges, relying_party
from webui.accounts.factors.webauthn.passkeys import Answer
from webui.accounts.sessions import sessions
from webui.web import request_actor
from webui.web.number_filters import plural

PURPOSE = "confirm"
# An assertion has one or two kilobytes.
LONGEST = 16 * 1024


def own_factors() -> Factors:
    """Returns the factors of the current person."""
    return factors.factors_of(current_user.id)


def purpose(kind: str) -> str:
    """Returns the purpose of a challenge: one use, bound to the current session."""
    return f"{kind} {current_user.id} {sessions.current_hash()}"


def confirm(form: ConfirmForm) -> Confirmed:
    """Checks the form's password and factor. Raises the errors of :mod:`confirmation`."""
    given = form.given(_answer)
    return confirmation.confirm_person(
        current_user.id, sessions.current_hash(), given, request_actor.actor()
    )


def by_challenge() -> Confirmed:
    """Returns the person who responds to a challenge that was only issued after :func:`confirm`."""
    return Confirmed(current_user.id, sessions.current_hash(), request_actor.actor())


def go_on(done: Done, message: str) -> None:
    """Gives the browser its new token, and shows what was done."""
    assert done.token
    sessions.set_session_cookie(done.token, same_person=True)
    also = f" {plural(done.ended, 'other session')} ended." if done.ended else ""
    flash(message + also)


def _answer(said: str) -> Answer | None:
    challenge = challenges.take(purpose(PURPOSE))
    if challenge is None:
        return None
    return Answer(said[:LONGEST], challenge, relying_party.relying_party())
