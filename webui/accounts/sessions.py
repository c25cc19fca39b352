"""Signed-in browsers: a random token in the cookie, only its hash in the database."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import session as cookie
from flask_login import UserMixin
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import joinedload

from webui.extensions import db, login_manager, write_transaction
from webui.limits import Status
from webui.models import Tenant, User, UserSession
from webui.models.columns import now

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
TOUCH_EVERY = timedelta(minutes=1)
_COOKIE_KEY = "token"
_TOKEN_BYTES = 32


def start(user: User, address: str, agent: str) -> str:
    """Adds a session to the current transaction and returns its token."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    at = now()
    db.session.add(
        UserSession(
            token_hash=token_hash(token),
            user_id=user.id,
            created_at=at,
            last_used_at=at,
            address=address,
            agent=agent,
        )
    )
    return token


def remember(token: str) -> None:
    """Puts the token into a fresh cookie; nothing of the one before survives (fixation)."""
    cookie.clear()
    cookie[_COOKIE_KEY] = token


def current_hash() -> str | None:
    """The hash of the browser's token, whether its session still holds or not."""
    token = cookie.get(_COOKIE_KEY)
    return token_hash(token) if isinstance(token, str) else None


def token_hash(token: str) -> str:
    """What the database keeps of a token: 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def end(hashed: str, at: datetime | None = None) -> None:
    """Ends a session in the current transaction."""
    session = db.session.get(UserSession, hashed)
    if session is not None and session.ended_at is None:
        session.ended_at = at or now()


def end_all(user: User) -> None:
    """Ends every session of an account in the current transaction."""
    query = select(UserSession).where(UserSession.user_id == user.id)
    for session in db.session.scalars(query.where(UserSession.ended_at.is_(None))):
        session.ended_at = now()


def find(hashed: str) -> UserSession | None:
    """The session of a token's hash, held or ended, with its account and their tenant."""
    query = (
        select(UserSession)
        .where(UserSession.token_hash == hashed)
        .options(joinedload(UserSession.user).joinedload(User.tenant).load_only(Tenant.status))
    )
    return db.session.scalars(query).first()


def holds(session: UserSession, at: datetime) -> bool:
    """Whether the session may still be used."""
    user = session.user
    blocked = user.tenant is not None and user.tenant.status == Status.BLOCKED
    return (
        session.ended_at is None
        and at - session.last_used_at < IDLE
        and at - session.created_at < ABSOLUTE
        and user.active
        and not blocked
    )


@dataclass(frozen=True)
class Person(UserMixin):
    """The account of the current request, as it was when the request began."""

    id: UUID
    username: str
    email: str
    role: str
    tenant_id: UUID | None

    @classmethod
    def of(cls, user: User) -> "Person":
        """A copy that no rollback or commit can expire."""
        return cls(user.id, user.username, user.email, user.role, user.tenant_id)


@login_manager.request_loader
def load_user(_request: object) -> Person | None:
    """The account of the current request (Flask-Login asks once per request)."""
    hashed = current_hash()
    session = find(hashed) if hashed else None
    at = now()
    if session is None or not holds(session, at):
        return None
    person = Person.of(session.user)
    if at - session.last_used_at >= TOUCH_EVERY:
        _touch(session.token_hash, at)
    return person


def _touch(hashed: str, at: datetime) -> None:
    """Notes the use; a database that cannot write now must not lock readers out."""
    try:
        with write_transaction():
            session = db.session.get(UserSession, hashed)
            if session is not None:
                session.last_used_at = max(at, session.last_used_at)
    except OperationalError:
        db.session.rollback()
