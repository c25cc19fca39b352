"""Signing in and out: passwords, codes, limits on tries, and what the history says of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from webui import values
from webui.accounts import passwords, reset_links
from webui.accounts.factors import factors
from webui.accounts.operations import find_user
from webui.accounts.sessions import sessions, trust
from webui.accounts.sign_in.pending_sign_in import Half
from webui.core.extensions import db, write_transaction
from webui.core.limits import Status
from webui.history.record.actions import Action, Outcome
from webui.history.record.actor import Actor
from webui.history.record.log import record
from webui.models import User, UserSession
from webui.models.columns import Audited, now
from webui.models.tenant.tenant import Change
from webui.models.user import SECOND_FACTORS, Proof, Proofs
from webui.rate_limits import throttle, try_limits
from webui.web.posted import action_rates

# An address that the account has used within this time is no stranger's.
ADDRESS_KNOWN_FOR = timedelta(days=90)
DeviceOf = Callable[[UUID | None], str | None]


@dataclass(frozen=True)
class SignIn:
    """How a step of signing in ended.

    With a ``token`` it is done; ``needs_code`` and ``blocked`` come after the right password
    only. ``user`` is whose password or code it was, when it was right.
    """

    token: str | None = None
    user: User | None = None
    needs_code: bool = False
    blocked: bool = False


REFUSED = SignIn()


def sign_in(
    username: str,
    password: str,
    actor: Actor,
    replaces: str | None = None,
    device_of: DeviceOf = lambda _: None,
) -> SignIn:
    """Checks the password and starts a session, or asks for the second step.

    ``actor`` tells from where, not yet who. ``replaces`` is the hash of the browser's token so
    far: that session ends. ``device_of`` gives the browser's mark as a known device of an
    account. Raises throttle.TooMany.

    Unknown, disabled and wrong end alike after equal work (ASVS 5.0, 6.3.8).
    """
    if not username or not password:
        # Half a form is no try: it can never be right, so it tells nothing and costs nothing.
        return REFUSED
    user = find_user(username)
    person = as_user(user, actor) if user else actor
    counters = try_limits.of_sign_in(
        username,
        actor.address,
        device_of(user.id if user else None),
        knows_address(username, actor.address),
    )
    throttle.consume(counters, person)
    # What costs statements is asked once the password was right: its time would tell of accounts.
    usable = user is not None and user.active and trust.is_sealed(user)
    stored = user.password_hash if user and usable else None
    # Hashing happens outside any write transaction: it takes long on purpose.
    right = passwords.password_fits(stored, password)
    if user is None or stored is None or not right:
        # A name that is no account's is not recorded: it may be a password in the wrong field.
        _record_refusal(person)
        return REFUSED
    renewed = passwords.renewed(stored, password)
    with write_transaction():
        throttle.refund(counters)
        return _go_on(user.id, stored, renewed, person, replaces)


def _go_on(
    user_id: UUID, stored: str, renewed: str | None, person: Actor, replaces: str | None
) -> SignIn:
    """What follows the right password, in a write transaction: a session, the code or a refusal.

    ``stored`` is the hash that the password fits, ``renewed`` a newer one to store instead.
    """
    # Locked: a password that is replaced at this moment must not leave a session behind.
    user = db.session.get_one(User, user_id, with_for_update=True)
    if not user.active or user.password_hash != stored:
        return REFUSED
    if not trust.is_trusted(user):
        record(Action.SIGN_IN_FAILED, person, outcome=Outcome.FAILED)
        return REFUSED
    if blocked(user):
        record(Action.SIGN_IN_FAILED, person, outcome=Outcome.FAILED)
        return SignIn(blocked=True)
    if renewed:
        _store_renewed(user, renewed, person)
    if factors.factors_of(user.id).any:
        return SignIn(user=user, needs_code=True)
    return SignIn(begin_session(user, person, replaces, frozenset({Proof.PASSWORD})), user)


def enter_code(
    half: Half, code: str, actor: Actor, replaces: str | None, device_of: DeviceOf
) -> SignIn:
    """Checks the code that follows the password, and starts the session.

    Raises throttle.TooMany.
    """
    user = db.session.get_one(User, half.user_id)
    person = as_user(user, actor)
    counters = try_limits.of_code(
        str(user.id),
        actor.address,
        device_of(user.id),
        knows_address(user.username, actor.address),
    )
    throttle.consume(counters, person)
    with write_transaction():
        user = db.session.get_one(User, half.user_id, with_for_update=True)
        if not user.active or blocked(user) or not half.fits(user) or not trust.is_trusted(user):
            return REFUSED
        kind = factors.accept(user.id, code)
        if kind is None:
            record(Action.CODE_REFUSED, person, outcome=Outcome.FAILED)
            return SignIn(user=user, needs_code=True)
        throttle.refund(counters)
        return SignIn(
            begin_session(user, person, replaces, frozenset({Proof.PASSWORD, kind})), user
        )


def begin_session(user: User, person: Actor, replaces: str | None, proofs: Proofs) -> str:
    """Starts a session in the current write transaction, last in it; returns its token.

    Its entry says which second factor was given and, while the password is one that was set by
    a reset link, who issued that link. Raises rates.TooFast, a TooMany, for an account that
    signs in over and over.
    """
    action_rates.check_rate(user.id, action_rates.SIGN_INS)
    if replaces:
        sessions.end_session(replaces)
    reset_by = reset_links.reset_by(user) if Proof.PASSWORD in proofs else None
    token = sessions.start_session(user, person.address or "", person.agent or "", proofs, reset_by)
    told = {"factor": next(iter(proofs & SECOND_FACTORS), None), "reset_link_by": reset_by}
    changes = [Change(name, Audited.PLAIN, None, value) for name, value in told.items() if value]
    record(Action.SIGNED_IN, person, subject=user if changes else None, changes=changes)
    return token


def blocked(user: User) -> bool:
    """Whether the account's organisation is blocked."""
    return user.tenant is not None and user.tenant.status == Status.BLOCKED


def sign_out(hashed: str, actor: Actor) -> None:
    """Ends the session."""
    with write_transaction():
        sessions.end_session(hashed)
        record(Action.SIGNED_OUT, actor)


def knows_address(username: str, address: str | None) -> bool:
    """Whether the account has used the address lately; the same query for any name."""
    if not values.USERNAME.fullmatch(username):
        return False
    query = (
        select(UserSession.user_id)
        .join(User, User.id == UserSession.user_id)
        .where(
            User.username_key == username.casefold(),
            UserSession.address == (address or ""),
            UserSession.created_at > now() - ADDRESS_KNOWN_FOR,
        )
    )
    return db.session.scalars(query.limit(1)).first() is not None


def as_user(user: User, actor: Actor) -> Actor:
    """The actor, now that it is known which account acts."""
    return replace(actor, id=str(user.id), name=user.username, role=user.role)


def _store_renewed(user: User, hashed: str, actor: Actor) -> None:
    """Keeps the hash of the same password under the parameters of today (ASVS 5.0, 11.4.2)."""
    user.password_hash = hashed
    change = Change("password_hash", Audited.EVENT, "", "")
    record(Action.USER_PASSWORD_RENEWED, actor, subject=user, changes=[change])


def _record_refusal(actor: Actor) -> None:
    with write_transaction():
        record(Action.SIGN_IN_FAILED, actor, outcome=Outcome.FAILED)
