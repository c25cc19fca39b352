"""Who may do something to an account at this very moment, judged under locks.

Two admins who demote each other at the same moment cannot both succeed, and whoever has just
lost the right to act no longer acts.
"""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from webui.core.extensions import db
from webui.core.permissions import Permission, Role, allows
from webui.history.record.actor import Actor
from webui.models import User
from webui.models.user import NO_PASSWORD


class Refused(Exception):
    """It cannot be done; the message says why, for people. Nothing was written."""


class NoLonger(Refused):
    """Who asks has lost the right since the request began."""


class Stale(Exception):
    """Somebody else changed the account since the form was shown."""


OWN_ACCOUNT = "This is your own account. What you may change yourself is on your account page."
LAST_ADMIN = (
    "This is the last admin who can sign in. Make somebody else an admin first; "
    "otherwise nobody could manage accounts any more."
)
NO_LONGER = "You may not do that any more: your own account was changed a moment ago."
DISABLED = "This account is disabled. Enable it first."


def locked(user_id: UUID, actor: Actor, permission: Permission) -> User:
    """The account, its row locked together with the actor's and those of all admins.

    All in one order, so that two of these transactions wait for each other instead of both
    seeing the other's admin as one that stays. Raises Refused when the actor may not (any
    more), or is this very account.
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
    """The role of the request's beginning may be a past one by now."""
    if actor.id is None:
        return
    person = db.session.get_one(User, UUID(actor.id))
    if not person.active or not allows(person.role, permission) or person.role != actor.role:
        raise NoLonger(NO_LONGER)


def refuse_last_admin(user: User) -> None:
    """Raises Refused when the account is the only admin's left. Call it under :func:`locked`."""
    others = select(User.id).where(_is_able_admin(), User.id != user.id).limit(1)
    if user.role == Role.ADMIN and db.session.scalars(others).first() is None:
        raise Refused(LAST_ADMIN)


def _is_able_admin() -> ColumnElement[bool]:
    """An admin who can sign in: who is only invited cannot help anybody yet."""
    return and_(User.role == Role.ADMIN, User.active, User.password_hash != NO_PASSWORD)
