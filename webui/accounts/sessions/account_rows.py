"""The columns of an account that every request reads, and whether the account may act now."""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import FromClause
from sqlalchemy.exc import DBAPIError

from webui.accounts.sessions import trust
from webui.core.extensions import db
from webui.core.limits import Status
from webui.models import Tenant, User
from webui.models.seals import user_seals

Found = TypeVar("Found")
_USERS, _TENANTS = User.__table__, Tenant.__table__
# Whether an account has a second factor; recovery codes do not count as one. The value is part of
# the sealed row, so deleting a factor's row does not remove the factor.
_HAS_FACTOR = _USERS.c.factors_digest != ""
COLUMNS: tuple[Any, ...] = (
    *user_seals.COLUMNS,
    user_seals.newest_sealing(_USERS.c.id).label("newest_sealing"),
    _USERS.c.time_zone,
    _USERS.c.theme,
    _USERS.c.time_zone_chosen,
    _USERS.c.shortcuts,
    _TENANTS.c.status.label("tenant_status"),
    _HAS_FACTOR.label("has_factor"),
)


def joined_to(rows: Any) -> FromClause:
    """Returns a table with a ``user_id``, joined to the tables of COLUMNS."""
    of_account = rows.join(_USERS, _USERS.c.id == rows.c.user_id)
    joined: FromClause = of_account.outerjoin(_TENANTS, _TENANTS.c.id == _USERS.c.tenant_id)
    return joined


def may_act(row: Any) -> bool:
    """Whether the account is active, its tenant not blocked, and its row as the product saved it.

    ``row`` has the COLUMNS and a ``user_id``.
    """
    if not row.active or row.tenant_status == Status.BLOCKED:
        return False
    fault = user_seals.mismatch(row.user_id, row, row.newest_sealing)
    return not trust.is_refused(row.user_id, fault)


def first_query(run: Callable[[], Found]) -> Found:
    """Runs the first query of a request.

    After a restart of the database server pooled connections are dead; the first failure removes
    all of them, so a second attempt uses a new connection and the person sees no error.
    """
    try:
        return run()
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        db.session.rollback()
        return run()
