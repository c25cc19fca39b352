"""What happens to accounts: sign-in, sign-out, creating and disabling them."""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from webui import values
from webui.accounts import passwords, sessions
from webui.audit.actions import Action, Outcome
from webui.audit.log import Actor, record
from webui.extensions import db, write_transaction
from webui.limits import Status
from webui.models import Tenant, User
from webui.models.columns import Audited, now
from webui.models.tenant import Change
from webui.permissions import Role


class NotPossible(Exception):
    """The account cannot be made or changed like that; the message says why."""


@dataclass(frozen=True)
class SignIn:
    """How a try to sign in ended: a token, or none; ``blocked`` with the right password."""

    token: str | None = None
    blocked: bool = False
    user_id: UUID | None = None


def sign_in(username: str, password: str, actor: Actor, replaces: str | None = None) -> SignIn:
    """Checks the password and starts a session. ``actor`` tells from where, not yet who.

    ``replaces`` is the hash of the browser's token so far: that session ends.

    Unknown, disabled and wrong end alike after equal work (ASVS 5.0, 6.3.8).
    """
    user = find_user(username)
    stored = user.password_hash if user and user.active else None
    blocked = user is not None and user.tenant is not None and user.tenant.status == Status.BLOCKED
    # Hashing happens outside any write transaction: it takes long on purpose.
    db.session.rollback()
    right = passwords.verify(stored, password)
    if user is None or not right or blocked:
        # A name that is no account's is not recorded: it may be a password in the wrong field.
        _record_refusal(_as(user, actor) if user else actor)
        return SignIn(blocked=right and blocked)
    with write_transaction():
        user = db.session.get_one(User, user.id)
        if not user.active:
            return SignIn()
        if replaces:
            sessions.end(replaces)
        token = sessions.start(user, actor.address or "", actor.agent or "")
        record(Action.SIGNED_IN, _as(user, actor))
    return SignIn(token, user_id=user.id)


def sign_out(hashed: str, actor: Actor) -> None:
    """Ends the session."""
    with write_transaction():
        sessions.end(hashed)
        record(Action.SIGNED_OUT, actor)


def find_user(username: str) -> User | None:
    """The account of a username, in whatever case it was typed."""
    if not values.USERNAME.fullmatch(username):
        return None
    return db.session.scalars(select(User).where(User.username_key == username.casefold())).first()


def create_user(
    username: str,
    email: str,
    password: str,
    role: Role,
    tenant_id: UUID | None,
    actor: Actor,
    reason: str | None = None,
) -> UUID:
    """Makes an account and returns its id.

    Raises NotPossible when the username is taken or the tenant does not fit the role.
    """
    if (role is Role.OWNER) != (tenant_id is not None):
        raise NotPossible("an owner needs a tenant, and nobody else may have one")
    hashed = passwords.hash_password(password)
    try:
        with write_transaction():
            tenant = db.session.get(Tenant, tenant_id) if tenant_id else None
            if tenant_id and tenant is None:
                raise NotPossible("there is no such tenant")
            user = User(
                username=username,
                email=email,
                password_hash=hashed,
                role=role.value,
                tenant_id=tenant_id,
            )
            db.session.add(user)
            record(
                Action.USER_CREATED,
                actor,
                tenant=tenant,
                subject=user,
                changes=creation(user),
                reason=reason,
            )
            return user.id
    except IntegrityError as error:
        raise NotPossible(f"the username {username} is taken") from error


def creation(user: User) -> list[Change]:
    """What the entry of an account's creation holds."""
    names = ("username", "email", "role", "active")
    changes = [Change(name, Audited.PLAIN, None, getattr(user, name)) for name in names]
    if user.tenant_id:
        changes.append(Change("tenant_id", Audited.PLAIN, None, str(user.tenant_id)))
    return changes


def disable_user(username: str, actor: Actor, reason: str | None) -> bool:
    """Disables an account and ends its sessions; False when it was disabled already.

    Raises NotPossible when there is no such account.
    """
    with write_transaction():
        user = find_user(username)
        if user is None:
            raise NotPossible(f"there is no account {username}")
        if not user.active:
            return False
        user.active = False
        user.updated_at = now()
        sessions.end_all(user)
        change = Change("active", Audited.PLAIN, True, False)
        record(Action.USER_DISABLED, actor, subject=user, changes=[change], reason=reason)
    return True


def _record_refusal(actor: Actor) -> None:
    with write_transaction():
        record(Action.SIGN_IN_FAILED, actor, outcome=Outcome.FAILED)


def _as(user: User, actor: Actor) -> Actor:
    return replace(actor, id=str(user.id), name=user.username, role=user.role)
