"""Loading an account: only ever one that the person may see, so that permission is scope."""

from typing import Any
from uuid import UUID

from flask import abort
from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import joinedload

from webui.core.extensions import db
from webui.core.permissions import Permission, may
from webui.models import User
from webui.web.errors import Detail

# What role owner means (CHECK owner_tenant). Nearly all accounts are owners: written as a role it
# would lead SQLite to the index of roles, past those that find a few among very many.
IS_OWNER: ColumnElement[bool] = User.tenant_id.is_not(None)


def visible() -> ColumnElement[bool]:
    """Which accounts the person may see: all, or owners only for who helps customers."""
    return true() if may(Permission.SEE_COLLEAGUES) else IS_OWNER


def get_user(user_id: UUID) -> User:
    """The account with its tenant; 404 when it is not there or not the person's to see.

    A snapshot outside the session: a failed change must not take away what the page shows.
    """
    query: Any = select(User).options(joinedload(User.tenant)).where(User.id == user_id, visible())
    user: User | None = db.session.scalars(query).first()
    if user is None:
        abort(404, Detail("There is no such account, or it is not yours to see."))
    db.session.expunge(user)
    return user
