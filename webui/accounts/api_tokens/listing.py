"""API tokens as pages and commands show them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import or_, select

from webui.accounts.api_tokens.scopes import Scope, scopes_of, scopes_of_role
from webui.core.extensions import db
from webui.models import ApiToken
from webui.models.columns import now
from webui.web.template_filters import calendar_day

ENDED_SHOWN_FOR = timedelta(days=30)
"""For how long a revoked or expired token is still listed."""
_SOON = timedelta(days=14)
_MOST = 100


class State(StrEnum):
    """Whether a token works, and if not, why."""

    VALID = "valid"
    ENDING = "ending"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True)
class Listed:
    """A token without anything secret. ``lost``: its scopes that the account's role does not allow.

    ``last_used``: the day (UTC) of its last use, in words, or None.
    """

    id: UUID
    name: str
    purpose: str
    scopes: list[Scope]
    lost: list[Scope]
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    last_used: str | None
    state: State

    @property
    def works(self) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.state in (State.VALID, State.ENDING)


def tokens_of(user_id: UUID, role: str) -> list[Listed]:
    """Returns the account's tokens, newest first, without those that ended a while ago.

    At most 100; a token whose row does not match its seal is left out, because it opens nothing.
    """
    since = now() - ENDED_SHOWN_FOR
    query = select(ApiToken).where(
        ApiToken.user_id == user_id,
        ApiToken.expires_at > since,
        or_(ApiToken.ended_at.is_(None), ApiToken.ended_at > since),
    )
    newest = query.order_by(ApiToken.created_at.desc(), ApiToken.id).limit(_MOST)
    found = [listed(row, role) for row in db.session.scalars(newest) if row.is_genuine()]
    # The ones that work stand first.
    return sorted(found, key=lambda token: not token.works)


def listed(row: ApiToken, role: str) -> Listed:
    """Returns what is shown of a token, whose account has the role."""
    held, allowed = scopes_of(row.scopes), scopes_of_role(role)
    return Listed(
        id=row.id,
        name=row.name,
        purpose=row.purpose,
        scopes=[scope for scope in Scope if scope in held and scope in allowed],
        lost=[scope for scope in Scope if scope in held and scope not in allowed],
        created_at=row.created_at,
        expires_at=row.expires_at,
        ended_at=row.ended_at,
        last_used=calendar_day(row.last_used_on) if row.last_used_on else None,
        state=_state(row, now()),
    )


def _state(row: ApiToken, at: datetime) -> State:
    if row.ended_at is not None:
        return State.REVOKED
    if row.expires_at <= at:
        return State.EXPIRED
    return State.ENDING if row.expires_at <= at + _SOON else State.VALID
