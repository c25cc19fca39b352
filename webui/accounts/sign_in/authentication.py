"""Sign-in and sign-out: passwords, codes, limits on attempts, and their history entries."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from webui import values
from webui.accounts import passwords, reset_links
from webui.accounts.factors import factors
from webui.accounts.operations import find_by_name
from webui.accounts.sessions import sessions, trust
from webui.accounts.sign_in.pending_sign_in import PendingSignIn
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
from webui.rate_limits.try_limits import Counter
from webui.web.posted import action_rates

# An address that the account has used within this time counts as known.
ADDRESS_KNOWN_FOR = timedelta(days=90)
# The id of no account.
_NOBODY = UUID(int=0)
DeviceOf = Callable[[UUID | None], str | None]


@dataclass(frozen=True)
class SignIn:
    """The result of a sign-in step.

    With a ``token`` sign-in is complete; ``needs_code`` and ``blocked`` are only set after the
    correct password. ``user`` is the account whose password or code was correct.
    """

    token: str | None = None
    user: User | None = None
    needs_code: bool = False
    blocked: bool = False


REFUSED = SignIn()


def sign_in(
    name: str,
    password: str,
    actor: Actor,
    replaces: str | None = None,
    device_of: DeviceOf = lambda _: None,
) -> SignIn:
    """Checks the password and starts a session, or requests the second step.

    ``name``: a username, or an e-mail address that only one account has. ``actor`` has the
    address, but no account yet. ``replaces`` is the hash of the browser's present token: that
    session ends. ``device_of`` returns the browser's mark as a known device of an account.
    Raises throttle.TooMany.

    Unknown, disabled and wrong give the same result after equal work (ASVS 5.0, 6.3.8).
    """
    # One name for the counters, however it was typed.
    name = values.account_key(name)
    if not name or not password:
        # An incomplete form can never be correct, so it is neither counted nor recorded.
        return REFUSED
    user = find_by_name(name)
    person = as_user(user, actor) if user else actor
    counters, silent = _counters(name, user, actor.address, device_of)
    may_be_right = throttle.consume(counters, person, silent)
    # Checks that need queries come after the password: their time would reveal accounts.
    usable = user is not None and user.active and trust.is_sealed(user)
    stored = user.password_hash if user and usable and may_be_right else None
    # Hashing is slow by design, so it runs outside any write transaction.
    right = passwords.password_fits(stored, password)
    if user is None or stored is None or not right:
        # An unknown name is not recorded: it may be a password in the wrong field.
        _record_refusal(person)
        return REFUSED
    renewed = passwords.renewed(stored, password)
    with write_transaction():
        throttle.refund(counters)
        throttle.refund(silent)
        return _after_password(user.id, stored, renewed, person, replaces)


def _counters(
    name: str, user: User | None, address: str | None, device_of: DeviceOf
) -> tuple[list[Counter], list[Counter]]:
    """Returns the counters of a sign-in, and the silent ones of all names of the account."""
    account = user.id if user else None
    known = (address, device_of(account), knows_address(account, address))
    return try_limits.of_sign_in(name, *known), try_limits.of_all_names(account, name, *known)


def _after_password(
    user_id: UUID, stored: str, renewed: str | None, person: Actor, replaces: str | None
) -> SignIn:
    """Starts a session, asks for the code or refuses, after the right password.

    ``stored`` is the hash that the password matches, ``renewed`` a newer one to store instead.
    Runs in the current write transaction.
    """
    # Locked: a password that is replaced at this moment must not leave a new session.
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
    pending_step: PendingSignIn, code: str, actor: Actor, replaces: str | None, device_of: DeviceOf
) -> SignIn:
    """Checks the code after the password and starts the session. Raises throttle.TooMany."""
    user = db.session.get_one(User, pending_step.user_id)
    person = as_user(user, actor)
    counters = try_limits.of_code(
        str(user.id),
        actor.address,
        device_of(user.id),
        knows_address(user.id, actor.address),
    )
    throttle.consume(counters, person)
    with write_transaction():
        user = db.session.get_one(User, pending_step.user_id, with_for_update=True)
        if (
            not user.active
            or blocked(user)
            or not pending_step.fits(user)
            or not trust.is_trusted(user)
        ):
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
    """Starts a session, last in the current write transaction; returns its token.

    Its entry records the second factor and, while the password was set by a reset link, who issued
    that link. Raises action_rates.TooFast, a TooMany, for an account that signs in too often.
    """
    action_rates.check_rate(user.id, action_rates.SIGN_INS)
    if replaces:
        sessions.end_session(replaces)
    reset_by = reset_links.reset_by(user) if Proof.PASSWORD in proofs else None
    token = sessions.start_session(user, person.address or "", person.agent or "", proofs, reset_by)
    facts = {"factor": next(iter(proofs & SECOND_FACTORS), None), "reset_link_by": reset_by}
    changes = [Change(name, Audited.PLAIN, None, value) for name, value in facts.items() if value]
    record(Action.SIGNED_IN, person, subject=user if changes else None, changes=changes)
    return token


def blocked(user: User) -> bool:
    """Whether the account's tenant is blocked."""
    return user.tenant is not None and user.tenant.status == Status.BLOCKED


def sign_out(hashed: str, actor: Actor) -> None:
    """Ends the session."""
    with write_transaction():
        sessions.end_session(hashed)
        record(Action.SIGNED_OUT, actor)


def knows_address(account: UUID | None, address: str | None) -> bool:
    """Whether the account has used the address recently; runs the same query without account."""
    query = select(UserSession.user_id).where(
        UserSession.user_id == (account or _NOBODY),
        UserSession.address == (address or ""),
        UserSession.created_at > now() - ADDRESS_KNOWN_FOR,
    )
    return db.session.scalars(query.limit(1)).first() is not None


def as_user(user: User, actor: Actor) -> Actor:
    """Returns the actor with the account that is now known."""
    return replace(actor, id=str(user.id), name=user.username, role=user.role)


def _store_renewed(user: User, hashed: str, actor: Actor) -> None:
    """Stores the hash of the same password with present parameters (ASVS 5.0, 11.4.2)."""
    user.password_hash = hashed
    change = Change("password_hash", Audited.EVENT, "", "")
    record(Action.USER_PASSWORD_RENEWED, actor, subject=user, changes=[change])


def _record_refusal(actor: Actor) -> None:
    with write_transaction():
        record(Action.SIGN_IN_FAILED, actor, outcome=Outcome.FAILED)
