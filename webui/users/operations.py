"""Changes of other people's accounts. The functions take an actor, never the request.

Each is one write transaction that begins with :func:`webui.users.guards.locked`.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from webui.accounts.api_tokens import operations as api_tokens
from webui.accounts.factors import factors, notices
from webui.accounts.reset_links import void_links
from webui.accounts.sessions import sessions
from webui.core.extensions import db, write_transaction
from webui.core.permissions import STAFF, Permission, Role
from webui.history.record.actions import Action
from webui.history.record.actor import Actor
from webui.history.record.log import record
from webui.links import operations as links
from webui.links.operations import Issued
from webui.models import Authenticator, Passkey, RecoveryCode, User
from webui.models.columns import Audited, now
from webui.models.link import LinkKind
from webui.models.notice import NoticeKind
from webui.models.tenant.tenant import Change
from webui.users.guards import Refused, Stale, locked, refuse_last_admin
from webui.web.posted import drafts

DISABLED = "This account is disabled. Enable it first."


@dataclass(frozen=True)
class AccountChange:
    """The account to change, the reason, and the path whose draft is deleted with the change."""

    user_id: UUID
    reason: str | None
    path: str = ""


def issue_link(order: AccountChange, actor: Actor) -> Issued:
    """Issues a link to choose a password: an invitation or a reset link. Raises Refused."""
    with write_transaction():
        user = locked(order.user_id, actor, Permission.ISSUE_LINK)
        if not user.active:
            raise Refused(DISABLED)
        issued = links.issue_link_for(user, actor)
        invites = issued.kind is LinkKind.INVITATION
        action = Action.INVITATION_ISSUED if invites else Action.RESET_LINK_ISSUED
        valid_until = Change("valid_until", Audited.PLAIN, None, issued.expires_at)
        _record(action, user, order, actor, [valid_until])
    return issued


def change_role(order: AccountChange, role: Role, was: str, actor: Actor) -> bool:
    """Changes a colleague's role; returns False when it is that role already.

    ``was`` is the role that the form showed. An owner stays an owner, and a colleague never becomes
    one: a customer's account must not become a staff account by mistake. Raises Stale and Refused.
    """
    with write_transaction():
        user = locked(order.user_id, actor, Permission.CHANGE_ROLE)
        if user.role not in STAFF or role not in STAFF:
            raise Refused("An owner stays an owner. Invite the person again for another role.")
        if user.role == role:
            return False
        if user.role != was:
            raise Stale
        if user.role == Role.ADMIN:
            refuse_last_admin(user)
        change = Change("role", Audited.PLAIN, user.role, role.value)
        user.role = role.value
        user.updated_at = now()
        _record(Action.USER_ROLE, user, order, actor, [change])
    return True


def set_active(order: AccountChange, active: bool, actor: Actor) -> bool:
    """Enables or disables an account; returns False when nothing changes. Raises Refused.

    Disabling ends the account's sessions, links and API tokens at once, and for good.
    """
    with write_transaction():
        user = locked(order.user_id, actor, Permission.DISABLE_USER)
        if user.active == active:
            return False
        if not active:
            refuse_last_admin(user)
            void_links(user)
        # Also when it is enabled: what began while it was being disabled must end.
        sessions.end_sessions(user)
        revoked = api_tokens.revoke_all(user)
        user.active = active
        user.updated_at = now()
        change = Change("active", Audited.PLAIN, not active, active)
        action = Action.USER_ENABLED if active else Action.USER_DISABLED
        _record(action, user, order, actor, [change, *revoked])
    return True


def revoke_sessions(order: AccountChange, actor: Actor) -> bool:
    """Ends all sessions of an account; returns False when there are none. Raises Refused."""
    with write_transaction():
        user = locked(order.user_id, actor, Permission.REVOKE_SESSIONS)
        ended = sessions.end_sessions(user)
        if not ended:
            return False
        change = Change("ended_sessions", Audited.PLAIN, None, ended)
        _record(Action.USER_SESSIONS_REVOKED, user, order, actor, [change])
    return True


def remove_factors(order: AccountChange, actor: Actor) -> bool:
    """Removes all second factors and recovery codes, and ends all sessions.

    For a person who lost their phone: a thief of it must not stay signed in. Returns False when
    there is nothing to remove. Raises Refused.
    """
    with write_transaction():
        user = locked(order.user_id, actor, Permission.RESET_FACTOR)
        had = factors.factors_of(user.id)
        if not had.any:
            return False
        for model in (Authenticator, Passkey, RecoveryCode):
            for row in db.session.scalars(select(model).where(model.user_id == user.id)):
                db.session.delete(row)
        changes = []
        if had.authenticator:
            changes.append(Change("authenticator", Audited.EVENT, "", None))
        if had.passkeys:
            changes.append(Change("passkeys", Audited.PLAIN, len(had.passkeys), 0))
        ended = sessions.end_sessions(user)
        if ended:
            changes.append(Change("ended_sessions", Audited.PLAIN, None, ended))
        notices.add(user.id, NoticeKind.FACTORS_REMOVED, actor.name)
        _record(Action.USER_FACTORS_REMOVED, user, order, actor, changes)
    return True


def _record(
    action: Action, user: User, order: AccountChange, actor: Actor, changes: list[Change]
) -> None:
    forget_draft(order, actor)
    record(action, actor, tenant=user.tenant, subject=user, changes=changes, reason=order.reason)


def forget_draft(order: AccountChange, actor: Actor) -> None:
    """Deletes the draft of the form that is carried out, in the current write transaction."""
    if actor.id:
        drafts.forget_draft(UUID(actor.id), order.path)
