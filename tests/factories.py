"""Things to test with, written as the product writes them: with their history entry."""

from itertools import count
from typing import Any

from sqlalchemy import select

from webui.accounts.operations import creation
from webui.accounts.passwords import hash_password
from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action, Source
from webui.history.record.actor import Actor, command_actor
from webui.history.record.log import record
from webui.models import Tenant, User
from webui.models.user import NO_PASSWORD
from webui.users.operations import AccountChange, set_active

_numbers = count(1)


def an_actor(user: User | None = None, **overrides: Any) -> Actor:
    """Somebody at the UI: the given account, or an admin who has none."""
    values: dict[str, Any] = {
        "type": "user",
        "id": str(user.id) if user else "00000000-0000-4000-8000-000000000000",
        "name": user.username if user else "tester",
        "role": user.role if user else "admin",
        "source": Source.UI,
        "request": "request-1",
        "address": "192.0.2.1",
        "agent": "pytest",
    }
    return Actor(**{**values, **overrides})


def read_again(row: Any) -> Any:
    """The row as it is stored, not as it was assigned; no transaction stays open."""
    db.session.refresh(row)
    db.session.commit()
    return row


def make_tenant(*, actor: Actor | None = None, **overrides: Any) -> Tenant:
    """A saved tenant with the defaults of DESIGN 2.1."""
    with write_transaction():
        tenant = Tenant(**{"name": f"Tenant {next(_numbers)}", **overrides})
        db.session.add(tenant)
        record(
            Action.TENANT_CREATED,
            actor or an_actor(),
            tenant=tenant,
            changes=tenant.creation(),
            reason="a test needs it",
        )
    return read_again(tenant)


def make_user(
    role: str = "admin",
    tenant: Tenant | None = None,
    password: str | None = None,
    **overrides: Any,
) -> User:
    """A saved account; an owner without a tenant gets one. Without password no sign-in."""
    if role == "owner" and tenant is None:
        tenant = make_tenant()
    number = next(_numbers)
    values = {
        "username": f"{role}{number}",
        "email": f"{role}{number}@example.com",
        "role": role,
        "tenant_id": tenant.id if tenant else None,
        "password_hash": hash_password(password) if password else "!",
        **overrides,
    }
    with write_transaction():
        user = User(**values)
        db.session.add(user)
        record(
            # Whom nobody has given a password was invited, as the product knows it.
            Action.USER_INVITED if user.password_hash == NO_PASSWORD else Action.USER_CREATED,
            an_actor(),
            changes=creation(user),
            subject=user,
            reason="for a test",
        )
    return read_again(user)


def disable(username: str, reason: str | None = "left us") -> None:
    """Disables an account from the server's command line."""
    user = db.session.scalars(select(User).where(User.username == username)).one()
    set_active(AccountChange(user.id, reason), False, command_actor("ops"))


def revise(tenant: Tenant, action: Action, *, actor: Actor | None = None, **values: Any) -> None:
    """Changes a saved tenant and records it."""
    tenant_id = tenant.id
    with write_transaction():
        row = db.session.get_one(Tenant, tenant_id, with_for_update=True)
        changes = row.revise(values)
        db.session.flush()
        record(action, actor or an_actor(), tenant=row, changes=changes, reason="for a test")
    read_again(row)
