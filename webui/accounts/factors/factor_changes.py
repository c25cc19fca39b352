"""Changes of one's own factors: authenticator apps and recovery codes.

Each is one write transaction that ends with :func:`finish`: all other sessions end, the own one
continues under a new token, and a notice is shown on the next pages.
"""

from dataclasses import dataclass, field
from uuid import UUID

from webui.accounts.factors import factors, notices
from webui.accounts.sessions import sessions
from webui.core.extensions import db, write_transaction
from webui.crypto import totp
from webui.history.record.actions import Action
from webui.history.record.actor import Actor
from webui.history.record.log import record
from webui.models import Authenticator, User
from webui.models.columns import Audited, now
from webui.models.notice import NoticeKind
from webui.models.tenant.tenant import Change
from webui.models.user import Proof, Proofs
from webui.rate_limits import throttle, try_limits


class SessionEnded(Exception):
    """The current session ended after its request began; nothing was changed."""


@dataclass(frozen=True)
class Confirmed:
    """A person who was just re-authenticated by :mod:`webui.accounts.factors.confirmation`.

    ``session`` is the hash of the current session's token; ``proofs`` were given now.
    """

    user_id: UUID
    session: str | None
    actor: Actor
    proofs: Proofs = frozenset()


@dataclass(frozen=True)
class Done:
    """New token of the own session, recovery codes to show once, number of other sessions ended."""

    token: str | None = field(default=None, repr=False)
    codes: list[str] = field(default_factory=list, repr=False)
    ended: int = 0


@dataclass(frozen=True)
class FactorChange:
    """How a change of factors is recorded in the history, and the notice for the person."""

    action: Action
    change: Change
    notice: NoticeKind


_ADDED = FactorChange(
    Action.USER_AUTHENTICATOR,
    Change("authenticator", Audited.EVENT, None, ""),
    NoticeKind.AUTHENTICATOR_ADDED,
)
_REMOVED = FactorChange(
    Action.USER_AUTHENTICATOR,
    Change("authenticator", Audited.EVENT, "", None),
    NoticeKind.AUTHENTICATOR_REMOVED,
)
_RENEWED = FactorChange(
    Action.USER_RECOVERY_CODES,
    Change("recovery_codes", Audited.EVENT, "", ""),
    NoticeKind.RECOVERY_CODES,
)


def add_authenticator(by: Confirmed, secret: str, code: str) -> Done:
    """Stores the secret after a code confirms it; creates recovery codes with the first factor.

    Raises factors.WrongCode, throttle.TooMany and SessionEnded.
    """
    counters = try_limits.of_code(str(by.user_id), by.actor.address, None, known_address=True)
    throttle.consume(counters, by.actor)
    step = totp.step_of(secret, factors.digits_of(code), now())
    if step is None:
        raise factors.WrongCode
    with write_transaction():
        throttle.refund(counters)
        user = db.session.get_one(User, by.user_id, with_for_update=True)
        before = factors.factors_of(user.id)
        if before.authenticator:
            # Another tab was faster: its app is confirmed, and that ended this session.
            raise SessionEnded
        db.session.add(Authenticator(user.id, secret, step))
        codes = factors.codes_for_first(user.id, before)
        return finish(user, by, _ADDED, frozenset({Proof.AUTHENTICATOR}), codes)


def remove_authenticator(by: Confirmed) -> Done | None:
    """Removes the authenticator; returns None when there is none. Raises SessionEnded."""
    with write_transaction():
        user = db.session.get_one(User, by.user_id, with_for_update=True)
        row = db.session.scalars(factors.authenticator_of(user.id)).first()
        if row is None:
            return None
        db.session.delete(row)
        db.session.flush()
        factors.forget_codes_without_factor(user.id)
        return finish(user, by, _REMOVED)


def renew_codes(by: Confirmed) -> Done | None:
    """Replaces the recovery codes by ten new ones; None without a factor. Raises SessionEnded."""
    with write_transaction():
        user = db.session.get_one(User, by.user_id, with_for_update=True)
        if not factors.factors_of(user.id).any:
            return None
        return finish(user, by, _RENEWED, codes=factors.replace_codes(user.id))


def finish(
    user: User,
    by: Confirmed,
    factor_change: FactorChange,
    proven: Proofs = frozenset(),
    codes: list[str] | None = None,
) -> Done:
    """Ends other sessions, renews the own one, adds notice and entry: last in a transaction.

    ``proven`` are proofs that the change itself gave besides ``by.proofs``. Raises SessionEnded.
    """
    kept = sessions.keep_only(user, by.session, by.proofs | proven)
    if kept.token is None:
        raise SessionEnded
    changes = [factor_change.change]
    if kept.ended:
        changes.append(Change("ended_sessions", Audited.PLAIN, None, kept.ended))
    notices.add(user.id, factor_change.notice)
    record(factor_change.action, by.actor, subject=user, changes=changes)
    return Done(kept.token, codes or [], kept.ended)
