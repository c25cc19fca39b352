"""Signing in with a passkey, which stands for password and code."""

from sqlalchemy.exc import IntegrityError

from webui.accounts.factors.webauthn import ceremonies, passkeys
from webui.accounts.factors.webauthn.ceremonies import BadPasskey
from webui.accounts.factors.webauthn.relying_party import RelyingParty
from webui.accounts.sessions import trust
from webui.accounts.sign_in import authentication
from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action, Outcome
from webui.history.record.actor import Actor
from webui.history.record.log import record
from webui.models import User
from webui.rate_limits import throttle, try_limits


def sign_in_by_passkey(
    answer: str,
    challenge: bytes,
    party: RelyingParty,
    actor: Actor,
    replaces: str | None,
    device: str | None = None,
) -> authentication.SignIn:
    """Starts a session for the account of the passkey that answered the challenge.

    ``device`` is the browser's mark as a known device. Raises throttle.TooMany.
    """
    counters = try_limits.of_passkey(actor.address, device)
    throttle.consume(counters, actor)
    try:
        assertion = ceremonies.assertion(answer)
        with write_transaction():
            passkey = passkeys.locked_passkey(assertion)
            user = passkey and db.session.get_one(User, passkey.user_id)
            person = authentication.as_user(user, actor) if user else actor
            good = passkey and user and passkeys.is_answer_of(passkey, assertion, challenge, party)
            if not passkey or not user or not good or not user.active or not trust.is_trusted(user):
                record(Action.SIGN_IN_FAILED, person, outcome=Outcome.FAILED)
                return authentication.REFUSED
            throttle.refund(counters)
            if authentication.blocked(user):
                record(Action.SIGN_IN_FAILED, person, outcome=Outcome.FAILED)
                return authentication.SignIn(blocked=True)
            return authentication.SignIn(
                authentication.begin_session(user, person, replaces, passkeys.PROOFS), user
            )
    except (BadPasskey, IntegrityError):
        # No credential at all, or a challenge answered twice at the same moment.
        return authentication.REFUSED
