"""Resealing: an operator confirms the facts of an account that does not match its seal.

For a person whose row was changed outside the product. Nothing that gives access is kept: password,
second factors, sessions, links and API tokens are removed, and role and tenant are those that the
operator names, not those in the row.
"""

from uuid import UUID

from sqlalchemy import select

from webui.accounts import operations
from webui.accounts.api_tokens import operations as api_tokens
from webui.accounts.factors import factors
from webui.accounts.reset_links import void_links
from webui.accounts.sessions import sessions
from webui.core.extensions import db, write_transaction
from webui.core.permissions import Role
from webui.history.record import sealing
from webui.history.record.actions import Action
from webui.history.record.actor import Actor
from webui.history.record.log import record
from webui.models import Authenticator, Passkey, RecoveryCode, Tenant, User
from webui.models.columns import Audited, now
from webui.models.tenant.tenant import Change
from webui.models.user import NO_PASSWORD
from webui.users.operations import AccountChange


def reseal(order: AccountChange, role: Role, tenant_id: UUID | None, actor: Actor) -> None:
    """Seals the account with the given role and no password; the entry records all its facts.

    Raises operations.NotPossible.
    """
    if (role is Role.OWNER) != (tenant_id is not None):
        raise operations.NotPossible("an owner needs a tenant, and no other role may have one")
    with write_transaction():
        user = db.session.get_one(User, order.user_id, with_for_update=True)
        tenant = db.session.get(Tenant, tenant_id) if tenant_id else None
        if tenant_id and tenant is None:
            raise operations.NotPossible("there is no such tenant")
        sealing.vouch(db.session(), user)
        had_password = user.password_hash != NO_PASSWORD
        user.role, user.tenant_id = role.value, tenant_id
        user.password_hash, user.updated_at = NO_PASSWORD, now()
        taken = _take_away(user, had_password)
        record(
            Action.USER_RESEALED,
            actor,
            tenant=tenant,
            subject=user,
            changes=[*operations.creation(user), *taken],
            reason=order.reason,
        )


def _take_away(user: User, had_password: bool) -> list[Change]:
    """Removes everything else that gives access; returns the changes for the entry."""
    had = factors.factors_of(user.id)
    for model in (Authenticator, Passkey, RecoveryCode):
        for row in db.session.scalars(select(model).where(model.user_id == user.id)):
            db.session.delete(row)
    void_links(user)
    changes = [
        *([Change("password", Audited.EVENT, "", None)] if had_password else []),
        *([Change("authenticator", Audited.EVENT, "", None)] if had.authenticator else []),
    ]
    numbers = {
        "passkeys": (len(had.passkeys), 0),
        "ended_sessions": (None, sessions.end_sessions(user)),
    }
    counted = [Change(name, Audited.PLAIN, *pair) for name, pair in numbers.items() if any(pair)]
    return [*changes, *counted, *api_tokens.revoke_all(user)]
