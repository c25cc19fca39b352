"""Loading of accounts: a query can only return an account that the person may see."""

from typing import Any
from uuid import UUID

from flask import abort
from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import joinedload

from webui.core.extensions import db
from webui.core.permissions import Permission, may
from webui.models import User
from webui.web.errors import Detail

# Equivalent to role owner (CHECK owner_tenant). Nearly all accounts are owners: with a condition on
# the role SQLite would use the index of roles instead of one that selects few rows.
IS_OWNER: ColumnElement[bool] = User.tenant_id.is_not(None)


def visible() -> ColumnElement[bool]:
    """Matches the accounts that the person may see: all, or only owners."""
    return true() if may(Permission.SEE_COLLEAGUES) else IS_OWNER


def get_user(user_id: UUID) -> User:
    """Returns the account with its tenant; 404 when it does not exist or is not visible.

    The object is detached from the session, so that a failed change cannot expire its values while
    the page is shown again.
    """
    query: Any = select(User).options(joinedload(User.tenant)).where(User.id == user_id, visible())
    user: User | None = db.session.scalars(query).first()
    if user is None:
        abort(404, Detail("This account does not exist, or you do not have access to it."))
    db.session.expunge(user)
    return user
