"""Finding and creating accounts; what staff do to them is in webui.users."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from webui import values
from webui.accounts import passwords
from webui.core.extensions import db, write_transaction
from webui.core.permissions import Role
from webui.history.record.actions import Action
from webui.history.record.actor import Actor
from webui.history.record.log import record
from webui.models import Tenant, User
from webui.models.columns import Audited
from webui.models.tenant.tenant import Change


class NotPossible(Exception):
    """The account cannot be created or changed like that; the message says why."""


def find_user(username: str) -> User | None:
    """Returns the account of a username, in any case; None when there is none."""
    key = values.account_key(username)
    if not values.USERNAME.fullmatch(key):
        return None
    return db.session.scalars(select(User).where(User.username_key == key)).first()


def find_by_name(name: str) -> User | None:
    """Returns the account that signs in with a name: its username or its e-mail address.

    An address that several accounts have is no account's name. No username is an address,
    because it has no "@"; if one were, it would win. Which queries run depends on the form of the
    name alone, never on whether an account has it.
    """
    return find_user(name) or _find_by_email(name)


def _find_by_email(typed: str) -> User | None:
    key = values.account_key(typed)
    if "@" not in key:
        return None
    found = db.session.scalars(select(User).where(User.email_key == key).limit(2)).all()
    return found[0] if len(found) == 1 else None


def create_user(
    username: str,
    email: str,
    password: str,
    role: Role,
    tenant_id: UUID | None,
    actor: Actor,
    reason: str | None = None,
) -> UUID:
    """Creates an account and returns its id.

    Raises NotPossible when the username is taken or the tenant does not fit the role.
    """
    if (role is Role.OWNER) != (tenant_id is not None):
        raise NotPossible("an owner needs a tenant, and no other role may have one")
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
    """Returns the changes for the entry of an account's creation."""
    names = ("username", "email", "role", "active")
    changes = [Change(name, Audited.PLAIN, None, getattr(user, name)) for name in names]
    if user.tenant_id:
        changes.append(Change("tenant_id", Audited.PLAIN, None, str(user.tenant_id)))
    return changes
