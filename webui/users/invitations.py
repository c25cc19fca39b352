"""Invitations: new accounts whose person chooses the password by a link."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from webui.accounts import operations as accounts
from webui.core.extensions import db, write_transaction
from webui.core.permissions import Permission, Role
from webui.history.record.actions import Action
from webui.history.record.actor import Actor
from webui.history.record.log import record
from webui.links import operations as links
from webui.links.operations import Issued
from webui.models import Tenant, User
from webui.models.link import LinkKind
from webui.models.user import NO_PASSWORD
from webui.users.guards import Refused, refuse_demoted
from webui.web import idempotency_keys
from webui.web.idempotency_keys import IdempotencyKey, UsedOn
from webui.web.posted import drafts

NO_SUCH_TENANT = "There is no such tenant."


class UsernameTaken(Exception):
    """Another account has the username."""


@dataclass(frozen=True)
class NewUser:
    """The input of the form for a new account. ``mark`` is the form's idempotency key."""

    username: str
    email: str
    role: Role
    tenant_id: UUID | None
    reason: str
    mark: str
    path: str = ""


def invite(new: NewUser, actor: Actor) -> tuple[UUID, Issued]:
    """Creates an account without a password, and the link to choose one.

    A second submission of the same form issues a new link for the account of the first one, because
    the first response with its link never reached the screen. Raises UsernameTaken, Refused and
    idempotency_keys.KeyReused.
    """
    try:
        with write_transaction():
            refuse_demoted(actor, Permission.CREATE_USER)
            made = idempotency_keys.used(_key(new, actor))
            return _reissue(UUID(made.result), actor) if made else _create(new, actor)
    except (IntegrityError, idempotency_keys.KeyReused):
        # Two requests at the same moment: the database accepted one of them.
        return _after_lost_race(new, actor)


def _after_lost_race(new: NewUser, actor: Actor) -> tuple[UUID, Issued]:
    """Continues after a lost race: the winner is this same form, or another one with the name."""
    made = idempotency_keys.used(_key(new, actor))
    if made is None:
        raise UsernameTaken
    with write_transaction():
        return _reissue(UUID(made.result), actor)


def _key(new: NewUser, actor: Actor) -> IdempotencyKey:
    assert actor.id is not None
    return IdempotencyKey(new.mark, UUID(actor.id), UsedOn.NEW_USER, new.tenant_id)


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
    key = _key(new, actor)
    idempotency_keys.use(key, user.id)
    drafts.forget_draft(key.user_id, new.path)
    issued = links.issue_link_for(user, actor)
    changes = accounts.creation(user)
    record(
        Action.USER_INVITED, actor, tenant=tenant, subject=user, changes=changes, reason=new.reason
    )
    return user.id, issued


def _reissue(user_id: UUID, actor: Actor) -> tuple[UUID, Issued]:
    user = db.session.get(User, user_id, with_for_update=True)
    if user is None or links.kind_for(user) is not LinkKind.INVITATION or not user.active:
        raise Refused("This form was used already. Open a new one.")
    issued = links.issue_link_for(user, actor)
    record(Action.INVITATION_ISSUED, actor, tenant=user.tenant, subject=user)
    return user_id, issued
