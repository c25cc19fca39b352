"""What staff do to other people's accounts: plain verbs with an actor, never the request.

Each is one write transaction under the same locks (:func:`_locked`), so that two admins who
demote each other at the same moment cannot both succeed, and so that whoever has just lost
the right to act no longer acts.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.exc import IntegrityError

from webui import drafts
from webui.accounts import operations as accounts
from webui.accounts import sessions
from webui.audit.actions import Action
from webui.audit.log import Actor, record
from webui.extensions import db, write_transaction
from webui.links import operations as links
from webui.links.operations import Issued
from webui.models import Submission, Tenant, User
from webui.models.columns import Audited, now
from webui.models.link import LinkKind
from webui.models.tenant import Change
from webui.models.user import NO_PASSWORD
from webui.permissions import STAFF, Permission, Role, allows


class Refused(Exception):
    """It cannot be done; the message says why, for people. Nothing was written."""


class NoLonger(Refused):
    """Who asks has lost the right since the request began."""


class Stale(Exception):
    """Somebody else changed the account since the form was shown."""


class UsernameTaken(Exception):
    """Another account has the username."""


OWN_ACCOUNT = "This is your own account. What you may change yourself is on your account page."
LAST_ADMIN = (
    "This is the last admin who can sign in. Make somebody else an admin first; "
    "otherwise nobody could manage accounts any more."
)
NO_LONGER = "You may not do that any more: your own account was changed a moment ago."
DISABLED = "This account is disabled. Enable it first."
NO_SUCH_TENANT = "There is no such tenant."


@dataclass(frozen=True)
class NewUser:
    """What the form of a new account said. ``mark`` is its one-use submission."""

    username: str
    email: str
    role: Role
    tenant_id: UUID | None
    reason: str
    mark: str
    path: str = ""


@dataclass(frozen=True)
class Order:
    """Who is to be changed, why, and the path whose draft is forgotten with it."""

    user_id: UUID
    reason: str | None
    path: str = ""


def invite(new: NewUser, actor: Actor) -> tuple[UUID, Issued]:
    """Makes an account without a password, and the link by which its person chooses one.

    A second click of the same form gets a fresh link for the account that the first one made:
    the first answer, with the first link, never reached the screen. Raises UsernameTaken and
    Refused.
    """
    assert actor.id is not None
    try:
        with write_transaction():
            _refuse_demoted(actor, Permission.CREATE_USER)
            made = db.session.get(Submission, (new.mark, UUID(actor.id)))
            return _again(UUID(made.result), actor) if made else _create(new, actor)
    except IntegrityError:
        if accounts.find_user(new.username) is None:
            raise
        raise UsernameTaken from None


def _create(new: NewUser, actor: Actor) -> tuple[UUID, Issued]:
    tenant = db.session.get(Tenant, new.tenant_id) if new.tenant_id else None
    if (new.role is Role.OWNER) != (tenant is not None):
        raise Refused(NO_SUCH_TENANT)
    user = User(
        username=new.username,
        email=new.email,
        password_hash=NO_PASSWORD,
        role=new.role.value,
        tenant_id=new.tenant_id,
    )
    db.session.add(user)
    db.session.flush()
    assert actor.id is not None
    mark = Submission(mark=new.mark, user_id=UUID(actor.id), result=str(user.id), used_at=now())
    db.session.add(mark)
    drafts.forget(UUID(actor.id), new.path)
    issued = links.issue(user)
    changes = accounts.creation(user)
    record(
        Action.USER_INVITED, actor, tenant=tenant, subject=user, changes=changes, reason=new.reason
    )
    return user.id, issued


def _again(user_id: UUID, actor: Actor) -> tuple[UUID, Issued]:
    user = db.session.get_one(User, user_id, with_for_update=True)
    if links.kind_for(user) is not LinkKind.INVITATION or not user.active:
        raise Refused("This form made an account already, and its person uses it.")
    issued = links.issue(user)
    record(Action.INVITATION_ISSUED, actor, tenant=user.tenant, subject=user)
    return user_id, issued


def issue_link(order: Order, actor: Actor) -> Issued:
    """Makes a link to choose a password: an invitation, or a reset link. Raises Refused."""
    with write_transaction():
        user = _locked(order.user_id, actor, Permission.ISSUE_LINK)
        if not user.active:
            raise Refused(DISABLED)
        issued = links.issue(user)
        invites = issued.kind is LinkKind.INVITATION
        action = Action.INVITATION_ISSUED if invites else Action.RESET_LINK_ISSUED
        valid_until = Change("valid_until", Audited.PLAIN, None, issued.expires_at)
        _record(action, user, order, actor, [valid_until])
    return issued


def change_role(order: Order, role: Role, was: str, actor: Actor) -> bool:
    """Gives a colleague another role; False when they have it already.

    ``was`` is the role that the form showed. An owner stays an owner, and a colleague never
    becomes one: a customer's account must not turn into staff by a slip of the hand. Raises
    Stale and Refused.
    """
    with write_transaction():
        user = _locked(order.user_id, actor, Permission.CHANGE_ROLE)
        if user.role not in STAFF or role not in STAFF:
            raise Refused("An owner stays an owner. Invite the person once more for another role.")
        if user.role == role:
            return False
        if user.role != was:
            raise Stale
        if user.role == Role.ADMIN:
            _refuse_last_admin(user)
        change = Change("role", Audited.PLAIN, user.role, role.value)
        user.role = role.value
        user.updated_at = now()
        _record(Action.USER_ROLE, user, order, actor, [change])
    return True


def set_active(order: Order, active: bool, actor: Actor) -> bool:
    """Enables or disables an account; False when it is so already. Raises Refused.

    Disabling ends its sessions and makes its links void at once.
    """
    with write_transaction():
        user = _locked(order.user_id, actor, Permission.DISABLE_USER)
        if user.active == active:
            return False
        if not active:
            _refuse_last_admin(user)
            sessions.end_all(user)
            links.end_all(user)
        user.active = active
        user.updated_at = now()
        change = Change("active", Audited.PLAIN, not active, active)
        action = Action.USER_ENABLED if active else Action.USER_DISABLED
        _record(action, user, order, actor, [change])
    return True


def revoke_sessions(order: Order, actor: Actor) -> bool:
    """Signs somebody out everywhere; False when they are signed in nowhere. Raises Refused."""
    with write_transaction():
        user = _locked(order.user_id, actor, Permission.REVOKE_SESSIONS)
        ended = sessions.end_all(user)
        if not ended:
            return False
        change = Change("ended_sessions", Audited.PLAIN, None, ended)
        _record(Action.USER_SESSIONS_REVOKED, user, order, actor, [change])
    return True


def _locked(user_id: UUID, actor: Actor, permission: Permission) -> User:
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
    _refuse_demoted(actor, permission)
    return rows[user_id]


def _refuse_demoted(actor: Actor, permission: Permission) -> None:
    """The role of the request's beginning may be a past one by now."""
    if actor.id is None:
        return
    person = db.session.get_one(User, UUID(actor.id))
    if not person.active or not allows(person.role, permission) or person.role != actor.role:
        raise NoLonger(NO_LONGER)


def _refuse_last_admin(user: User) -> None:
    others = select(User.id).where(_is_able_admin(), User.id != user.id).limit(1)
    if user.role == Role.ADMIN and db.session.scalars(others).first() is None:
        raise Refused(LAST_ADMIN)


def _is_able_admin() -> ColumnElement[bool]:
    """An admin who can sign in: who is only invited cannot help anybody yet."""
    return and_(User.role == Role.ADMIN, User.active, User.password_hash != NO_PASSWORD)


def _record(action: Action, user: User, order: Order, actor: Actor, changes: list[Change]) -> None:
    if actor.id:
        drafts.forget(UUID(actor.id), order.path)
    record(action, actor, tenant=user.tenant, subject=user, changes=changes, reason=order.reason)
