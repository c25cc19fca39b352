"""Re-authentication before a change of the account's password or factors.

It requires the password and, if the account has a second factor, one of those as well, at any age
of the session: a stolen session or password alone changes no factor (ASVS 5.0, 7.5.1).
"""

from dataclasses import dataclass, field
from uuid import UUID

from webui.accounts.factors import factors
from webui.accounts.factors.factor_changes import Confirmed
from webui.accounts.factors.webauthn import passkeys
from webui.accounts.factors.webauthn.passkeys import Answer
from webui.accounts.password_check import check_password
from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action, Outcome
from webui.history.record.actor import Actor
from webui.history.record.log import record
from webui.models import User
from webui.models.columns import Audited
from webui.models.tenant.tenant import Change
from webui.models.user import Proof
from webui.rate_limits import throttle, try_limits


class WrongFactor(Exception):
    """Neither the code nor the passkey is a second factor of the account."""


@dataclass(frozen=True)
class Credentials:
    """The input of a form. ``code``: of the app, or a recovery code; ``passkey``: instead of it."""

    password: str = field(repr=False)
    code: str = field(default="", repr=False)
    passkey: Answer | None = field(default=None, repr=False)


def confirm_person(
    user_id: UUID, session: str | None, given: Credentials, actor: Actor
) -> Confirmed:
    """Checks the input; ``session`` is the hash of the current session's token.

    Raises WrongPassword, WrongFactor and throttle.TooMany.
    """
    check_password(user_id, given.password, actor)
    proofs = {Proof.PASSWORD}
    if factors.factors_of(user_id).any:
        proofs.add(_confirm_factor(user_id, given, actor))
    return Confirmed(user_id, session, actor, frozenset(proofs))


def _confirm_factor(user_id: UUID, given: Credentials, actor: Actor) -> Proof:
    counters = try_limits.of_code(str(user_id), actor.address, None, known_address=True)
    throttle.consume(counters, actor)
    with write_transaction():
        user = db.session.get_one(User, user_id, with_for_update=True)
        kind = _verify(user_id, given)
        if kind:
            throttle.refund(counters)
            changes = [Change("factor", Audited.PLAIN, None, kind.value)]
            record(Action.OWN_CONFIRMED, actor, subject=user, changes=changes)
        else:
            record(Action.CODE_REFUSED, actor, outcome=Outcome.FAILED)
    if kind is None:
        raise WrongFactor
    return kind


def _verify(user_id: UUID, given: Credentials) -> Proof | None:
    if given.code or given.passkey is None:
        return factors.accept(user_id, given.code)
    return Proof.PASSKEY if passkeys.confirms(user_id, given.passkey) else None
