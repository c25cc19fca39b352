"""Sign-up: creates account, organisation and session in one transaction."""

from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from webui.accounts import operations, passwords
from webui.accounts.factors import factors
from webui.accounts.sessions import trust
from webui.accounts.sign_in import authentication
from webui.core.extensions import db, write_transaction
from webui.core.permissions import Role
from webui.history.record.actions import Action
from webui.history.record.actor import Actor
from webui.history.record.log import record
from webui.models import Tenant, User
from webui.models.columns import now
from webui.models.user import Proof
from webui.rate_limits import throttle, try_limits
from webui.web import idempotency_keys
from webui.web.idempotency_keys import IdempotencyKey, UsedOn

# Within this time, a second submission of the same form signs in to the first one's account.
_SAME_CLICK = timedelta(minutes=1)
_PROOFS = frozenset({Proof.PASSWORD})


class UsernameTaken(Exception):
    """Another account has the username; nothing was written."""


@dataclass(frozen=True)
class NewOwner:
    """The input of the sign-up form. ``mark`` is the form's idempotency key."""

    organisation: str
    username: str
    email: str
    password: str = field(repr=False)
    mark: str = field(repr=False)


@dataclass(frozen=True)
class SignedUp:
    """The new account and its session's token."""

    token: str = field(repr=False)
    user: User


def sign_up(new: NewOwner, actor: Actor) -> SignedUp:
    """Creates the organisation with its owner and signs the owner in.

    ``actor`` has the address, but no account yet. The role is always owner. A second submission of
    the same form signs in to the account that the first one created. Raises UsernameTaken, and
    throttle.TooMany after too many sign-ups from one address: successful ones count too, against
    mass sign-up.
    """
    throttle.consume([try_limits.by_address(try_limits.SIGN_UP, actor.address)], actor)
    if operations.find_user(new.username):
        return _repeat_sign_up(new, actor)
    # Password hashing is slow by design, so it runs before the write transaction.
    hashed = passwords.hash_password(new.password)
    try:
        with write_transaction():
            return _create(new, hashed, actor)
    except IntegrityError:
        # Two requests at the same moment: the unique index on the username accepted one of them.
        if operations.find_user(new.username) is None:
            raise
        return _repeat_sign_up(new, actor)


def _create(new: NewOwner, hashed: str, actor: Actor) -> SignedUp:
    user = User(username=new.username, email=new.email, password_hash=hashed, role=Role.OWNER.value)
    # DESIGN 2.1: the tenant of a sign-up has its owner's id.
    tenant = Tenant(id=user.id, name=new.organisation)
    user.tenant_id = tenant.id
    owner = authentication.as_user(user, actor)
    db.session.add(tenant)
    record(Action.TENANT_CREATED, owner, tenant=tenant, changes=tenant.creation())
    db.session.add(user)
    record(
        Action.USER_CREATED,
        owner,
        tenant=tenant,
        subject=user,
        changes=operations.creation(user),
    )
    idempotency_keys.use(IdempotencyKey(new.mark, user.id, UsedOn.SIGN_UP), tenant.id)
    return SignedUp(authentication.begin_session(user, owner, None, _PROOFS), user)


def _repeat_sign_up(new: NewOwner, actor: Actor) -> SignedUp:
    """Signs in to the account that this same form has just created. Raises UsernameTaken."""
    user = operations.find_user(new.username)
    used = (
        idempotency_keys.used(IdempotencyKey(new.mark, user.id, UsedOn.SIGN_UP)) if user else None
    )
    stored = user.password_hash if user and used and now() - used.used_at < _SAME_CLICK else None
    db.session.rollback()
    if user is None or stored is None or not passwords.password_fits(stored, new.password):
        raise UsernameTaken
    with write_transaction():
        user = db.session.get_one(User, user.id)
        # An account that needs more than the password must use the sign-in page.
        usable = user.active and trust.is_trusted(user)
        if not usable or authentication.blocked(user) or factors.factors_of(user.id).any:
            raise UsernameTaken
        owner = authentication.as_user(user, actor)
        return SignedUp(authentication.begin_session(user, owner, None, _PROOFS), user)
