"""What the page of an account shows: gathered once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from webui.accounts import sessions
from webui.audit import history
from webui.audit.history import Row
from webui.extensions import db
from webui.models import AuditEntry, User, UserSession
from webui.models.columns import now
from webui.paging import Page

SHOWN_ENTRIES = 20


@dataclass(frozen=True)
class Profile:
    """Everything that the templates of an account's page ask for."""

    user: User
    open_sessions: int
    last_used: datetime | None
    history: Page[Row]


def build(user: User) -> Profile:
    """Gathers the page of an account."""
    return Profile(
        user=user,
        open_sessions=_open_sessions(user.id),
        last_used=_last_used(user.id),
        history=Page(history.rows(entries(user.id)), None, None),
    )


def _open_sessions(user_id: UUID) -> int:
    at = now()
    query = select(func.count()).where(
        UserSession.user_id == user_id,
        UserSession.ended_at.is_(None),
        UserSession.last_used_at > at - sessions.IDLE,
        UserSession.created_at > at - sessions.ABSOLUTE,
    )
    return db.session.scalars(query).one()


def _last_used(user_id: UUID) -> datetime | None:
    query = select(UserSession.last_used_at).where(UserSession.user_id == user_id)
    return db.session.scalars(query.order_by(UserSession.last_used_at.desc()).limit(1)).first()


def entries(user_id: UUID) -> list[AuditEntry]:
    """The newest entries about the account, and its own signing in and out, newest first."""
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
