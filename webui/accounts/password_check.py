"""Checking the password of a person who is signed in."""

from uuid import UUID

from webui.accounts import passwords
from webui.accounts.sessions import trust
from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action, Outcome
from webui.history.record.actor import Actor
from webui.history.record.log import record
from webui.models import User
from webui.rate_limits import throttle, try_limits


class WrongPassword(Exception):
    """The current password is wrong; nothing was changed."""


def check_password(user_id: UUID, password: str, actor: Actor) -> str:
    """Checks the password of a person who is signed in; returns the matching stored hash.

    Raises WrongPassword, and throttle.TooMany: a stolen session must not guess it.
    """
    counters = [try_limits.Counter(try_limits.OWN_PASSWORD, (str(user_id),))]
    throttle.consume(counters, actor)
    user = db.session.get_one(User, user_id)
    stored = user.password_hash if trust.is_trusted(user) else None
    db.session.rollback()
    right = passwords.password_fits(stored, password)
    if stored is None or not right:
        with write_transaction():
            record(Action.OWN_PASSWORD_REFUSED, actor, outcome=Outcome.FAILED)
        raise WrongPassword
    with write_transaction():
        throttle.refund(counters)
    return stored
