"""The values of an account's page, loaded once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from webui.accounts.api_tokens import listing
from webui.accounts.api_tokens.listing import Listed
from webui.accounts.factors import factors
from webui.accounts.factors.factors import Factors
from webui.accounts.sessions import sessions, trust, user_agents
from webui.core.extensions import db
from webui.core.permissions import Permission, may
from webui.history.query import history
from webui.history.query.history import Row
from webui.history.record.actions import Action
from webui.links import operations as links
from webui.models import AccountLink, AuditEntry, User, UserSession
from webui.models.columns import now
from webui.tenants.page.overview import LastChange, last_change
from webui.users import account_actions
from webui.users.account_actions import AccountAction
from webui.web.paging import Page

SHOWN_ENTRIES = 20


@dataclass(frozen=True)
class Session:
    """A session of the account: browser, address and time."""

    device: str
    address: str
    last_used_at: datetime


@dataclass(frozen=True)
class Profile:
    """All values that the templates of an account's page use."""

    user: User
    own: bool
    actions: list[AccountAction]
    link: AccountLink | None
    factors: Factors
    sessions: list[Session]
    last_used: datetime | None
    tokens: list[Listed]
    history: Page[Row]
    fault: str | None


def user_profile(user: User) -> Profile:
    """Loads the page of an account, limited to what the reader may do."""
    return Profile(
        user=user,
        own=account_actions.is_own(user),
        actions=account_actions.possible(user),
        link=links.open_link(user.id),
        factors=factors.factors_of(user.id),
        sessions=[
            Session(
                user_agents.describe_agent(session.agent), session.address, session.last_used_at
            )
            for session in sessions.open_sessions(user.id, now())
        ],
        last_used=_last_used(user.id),
        tokens=listing.tokens_of(user.id, user.role) if may(Permission.SEE_TOKENS) else [],
        history=Page(history.history_rows(user_entries(user.id)), None, None),
        fault=trust.fault(user),
    )


def latest_role(user_id: UUID) -> LastChange | None:
    """Returns when, by whom and why the role was last changed."""
    query = select(AuditEntry).where(
        AuditEntry.subject_id == user_id, AuditEntry.action == Action.USER_ROLE
    )
    return last_change(db.session.scalars(query.order_by(AuditEntry.seq.desc()).limit(1)).first())


def _last_used(user_id: UUID) -> datetime | None:
    query = select(UserSession.last_used_at).where(UserSession.user_id == user_id)
    return db.session.scalars(query.order_by(UserSession.last_used_at.desc()).limit(1)).first()


def user_entries(user_id: UUID) -> list[AuditEntry]:
    """Returns the newest entries about the account and of its own sessions, newest first."""
    about = select(AuditEntry).where(AuditEntry.subject_id == user_id)
    own = select(AuditEntry).where(
        AuditEntry.actor_id == str(user_id), AuditEntry.action.startswith("session.")
    )
    found = {
        entry.seq: entry
        for query in (about, own)
        for entry in db.session.scalars(query.order_by(AuditEntry.seq.desc()).limit(SHOWN_ENTRIES))
    }
    return [found[seq] for seq in sorted(found, reverse=True)[:SHOWN_ENTRIES]]
