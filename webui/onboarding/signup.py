"""A business user comes in: account, organisation and session in one transaction."""

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

# So long a second click of the same form means the first one.
_SAME_CLICK = timedelta(minutes=1)
_PROOFS = frozenset({Proof.PASSWORD})


class UsernameTaken(Exception):
    """Somebody else has the username; nothing was written."""


@dataclass(frozen=True)
class NewOwner:
    """What the sign-up form said. ``mark`` is the form's one-use submission."""

    organisation: str
    username: str
    email: str
    password: str = field(repr=False)
    mark: str = field(repr=False)


@dataclass(frozen=True)
class SignedUp:
    """The new account, and the token of its session."""

    token: str = field(repr=False)
    user: User


def sign_up(new: NewOwner, actor: Actor) -> SignedUp:
    """Makes the organisation with its owner and signs them in.

    ``actor`` tells from where, not yet who. The role is always owner. A second click of the
    same form signs in to what the first one made. Raises UsernameTaken, and throttle.TooMany
    after too many from one address, right ones included: it stops mass sign-up.
    """
    throttle.consume([try_limits.by_address(try_limits.SIGN_UP, actor.address)], actor)
    if operations.find_user(new.username):
        return _first_click(new, actor)
    # Hashing takes long on purpose: never inside the write transaction.
    hashed = passwords.hash_password(new.password)
    try:
        with write_transaction():
            return _create(new, hashed, actor)
    except IntegrityError:
        # Two at the same moment: the username's unique index let one of them win.
        if operations.find_user(new.username) is None:
            raise
        return _first_click(new, actor)


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


def _first_click(new: NewOwner, actor: Actor) -> SignedUp:
    """Signs in to the account that this very form has just made. Raises UsernameTaken."""
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
        # Whatever makes the password alone not enough is judged by the sign-in page.
        usable = user.active and trust.is_trusted(user)
        if not usable or authentication.blocked(user) or factors.factors_of(user.id).any:
            raise UsernameTaken
        owner = authentication.as_user(user, actor)
        return SignedUp(authentication.begin_session(user, owner, None, _PROOFS), user)
