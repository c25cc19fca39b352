"""Checks under row locks whether the actor may still change an account.

Two admins who demote each other at the same moment cannot both succeed, and an actor who has just
lost the permission cannot use it any more.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from webui.core.extensions import db
from webui.core.permissions import Permission, Role, allows
from webui.history.record.actor import Actor
from webui.models import User
from webui.models.user import NO_PASSWORD


class Refused(Exception):
    """The change is not possible; the message says why, for people. Nothing was written."""


class NoLonger(Refused):
    """The actor has lost the permission since the request began."""


class Stale(Exception):
    """Another person changed the account since the form was rendered."""


OWN_ACCOUNT = "This is your own account. What you may change yourself is on your account page."
LAST_ADMIN = (
    "This is the last admin who can sign in. Make another person an admin first; "
    "otherwise no one could manage accounts any more."
)
NO_LONGER = "You no longer have permission for this: your own account was changed a moment ago."
DISABLED = "This account is disabled. Enable it first."


def locked(user_id: UUID, actor: Actor, permission: Permission) -> User:
    """Locks and returns the account, together with the rows of the actor and of all admins.

    All rows are locked in one order, so that two such transactions wait for each other; without
    that, each would count the other's admin as remaining. Raises Refused when the actor may not do
    it (any more), or when it is the actor's own account.
    """
    if actor.id == str(user_id):
        raise Refused(OWN_ACCOUNT)
    involved = [User.id == user_id, _is_able_admin()]
    if actor.id:
        involved.append(User.id == UUID(actor.id))
    query = select(User).where(or_(*involved)).order_by(User.id).with_for_update()
    rows = {user.id: user for user in db.session.scalars(query)}
    refuse_demoted(actor, permission)
    return rows[user_id]


def refuse_demoted(actor: Actor, permission: Permission) -> None:
    """Raises NoLonger when the actor's role or state has changed since the request began."""
    if actor.id is None:
        return
    person = db.session.get_one(User, UUID(actor.id))
    if not person.active or not allows(person.role, permission) or person.role != actor.role:
        raise NoLonger(NO_LONGER)


def refuse_last_admin(user: User) -> None:
    """Raises Refused when the account is the last admin. Call it under :func:`locked`."""
    others = select(User.id).where(_is_able_admin(), User.id != user.id).limit(1)
    if user.role == Role.ADMIN and db.session.scalars(others).first() is None:
        raise Refused(LAST_ADMIN)


def _is_able_admin() -> ColumnElement[bool]:
    """Matches admins who can sign in; an invited one has no password yet and does not count."""
    return and_(User.role == Role.ADMIN, User.active, User.password_hash != NO_PASSWORD)
