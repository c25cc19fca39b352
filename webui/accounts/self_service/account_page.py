"""The values of the account page, loaded once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_login import current_user

from webui.accounts.api_tokens import listing
from webui.accounts.api_tokens.listing import Listed
from webui.accounts.factors import factors, notices
from webui.accounts.factors.factors import Factors
from webui.accounts.factors.notices import Notice
from webui.accounts.sessions import sessions, user_agents
from webui.core.extensions import db
from webui.models import User
from webui.models.columns import now
from webui.values.time_zones import UTC


@dataclass(frozen=True)
class OpenSession:
    """A browser that is signed in; ``this`` is True for the current one."""

    id: str
    device: str
    agent: str
    address: str
    created_at: datetime
    last_used_at: datetime
    this: bool


@dataclass(frozen=True)
class AccountPage:
    """All values that the templates of the account page use."""

    user: User
    factors: Factors
    sessions: list[OpenSession]
    lately: list[Notice]
    tokens: list[Listed]


def account_page() -> AccountPage:
    """Loads the page of the person who is signed in."""
    return AccountPage(
        user=db.session.get_one(User, current_user.id),
        factors=factors.factors_of(current_user.id),
        sessions=_sessions(),
        lately=notices.lately(),
        tokens=listing.tokens_of(current_user.id, current_user.role),
    )


def preferences() -> dict[str, Any]:
    """Returns the initial values of the preferences form."""
    return {
        "time_zone": current_user.time_zone,
        "theme": current_user.theme or "auto",
        "shortcuts": current_user.shortcuts,
    }


def offers_time_zone() -> bool:
    """Whether the pages offer the browser's time zone: until the person chose one or kept UTC."""
    return (
        current_user.is_authenticated
        and current_user.time_zone == UTC
        and not current_user.time_zone_chosen
    )


def _sessions() -> list[OpenSession]:
    this = sessions.current_hash()
    found = [
        OpenSession(
            id=sessions.public_id(session.token_hash),
            device=user_agents.describe_agent(session.agent),
            agent=session.agent,
            address=session.address,
            created_at=session.created_at,
            last_used_at=session.last_used_at,
            this=session.token_hash == this,
        )
        for session in sessions.open_sessions(current_user.id, now())
    ]
    return sorted(found, key=lambda session: not session.this)
