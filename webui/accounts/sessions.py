"""Signed-in browsers: a random token in the cookie, only its hash in the database."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import session as cookie
from flask_login import UserMixin
from sqlalchemy import bindparam, select
from sqlalchemy.exc import DBAPIError

from webui.accounts import trust
from webui.extensions import db, login_manager, read, write_transaction
from webui.limits import Status
from webui.models import Tenant, User, UserSession, user_seals
from webui.models.columns import now

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
TOUCH_EVERY = timedelta(minutes=1)
_COOKIE_KEY = "token"
_CSRF_KEY = "csrf_token"
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


def renew(hashed: str) -> str | None:
    """Ends a session for a new one of the same age, in the current transaction; its token.

    A copy of the cookie so far is worth nothing from then on (ASVS 5.0, 7.2.4). None when the
    session does not hold.
    """
    old = db.session.get(UserSession, hashed)
    if old is None or old.ended_at is not None:
        return None
    token, old.ended_at = secrets.token_urlsafe(_TOKEN_BYTES), now()
    db.session.add(
        UserSession(
            token_hash=token_hash(token),
            user_id=old.user_id,
            created_at=old.created_at,
            last_used_at=old.last_used_at,
            address=old.address,
            agent=old.agent,
        )
    )
    return token


def remember(token: str, same_person: bool = False) -> None:
    """Puts the token into a fresh cookie; nothing of the one before survives (fixation).

    But for the same person, whose session grew too old or was renewed: their CSRF token stays,
    so that the forms they have open can still be saved.
    """
    kept = cookie.get(_CSRF_KEY) if same_person else None
    cookie.clear()
    cookie[_COOKIE_KEY] = token
    if kept:
        cookie[_CSRF_KEY] = kept


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


def end_all(user: User, but: str | None = None) -> int:
    """Ends every session of an account in the current transaction; returns how many.

    ``but`` is the hash of the token of the one that stays.
    """
    live = [s for s in open_sessions(user.id, now()) if s.token_hash != but]
    query = select(UserSession).where(UserSession.user_id == user.id)
    for session in db.session.scalars(query.where(UserSession.ended_at.is_(None))):
        if session.token_hash != but:
            session.ended_at = now()
    return len(live)


def open_sessions(user_id: UUID, at: datetime) -> list[UserSession]:
    """The sessions of an account that could still be used, the last used first."""
    query = select(UserSession).where(
        UserSession.user_id == user_id,
        UserSession.ended_at.is_(None),
        UserSession.last_used_at > at - IDLE,
        UserSession.created_at > at - ABSOLUTE,
    )
    return list(db.session.scalars(query.order_by(UserSession.last_used_at.desc())))


def public_id(hashed: str) -> str:
    """What a page calls a session: it tells nothing of the hash, and even less of the token."""
    return hashlib.sha256(f"session {hashed}".encode()).hexdigest()[:16]


def current_person_id() -> UUID | None:
    """Whose session the browser's token is or was."""
    hashed = current_hash()
    session = find(hashed) if hashed else None
    return session.user_id if session else None


_SESSIONS, _USERS, _TENANTS = UserSession.__table__, User.__table__, Tenant.__table__
# Whether an account has a second factor of any kind; recovery codes are none by themselves. The
# row says so under its seal, so nobody takes one away by deleting its row.
_HAS_FACTOR = _USERS.c.factors_digest != ""
# Built once, and columns instead of objects: every request asks this first.
_FIND = (
    select(
        _SESSIONS.c.user_id,
        _SESSIONS.c.created_at,
        _SESSIONS.c.last_used_at,
        _SESSIONS.c.ended_at,
        *user_seals.COLUMNS,
        user_seals.newest_sealing(_USERS.c.id).label("newest_sealing"),
        _USERS.c.time_zone,
        _USERS.c.theme,
        _TENANTS.c.status.label("tenant_status"),
        _HAS_FACTOR.label("has_factor"),
    )
    .select_from(_SESSIONS)
    .join(_USERS, _USERS.c.id == _SESSIONS.c.user_id)
    .outerjoin(_TENANTS, _TENANTS.c.id == _USERS.c.tenant_id)
    .where(_SESSIONS.c.token_hash == bindparam("hashed"))
)


def find(hashed: str) -> Any:
    """The session of a token's hash, held or ended, with its account and tenant's status."""
    return read(_FIND, {"hashed": hashed}).first()


def holds(session: Any, at: datetime) -> bool:
    """Whether the session may still be used."""
    young = at - session.last_used_at < IDLE and at - session.created_at < ABSOLUTE
    return young and could_hold(session)


def could_hold(session: Any) -> bool:
    """Whether only its age can end the session: nobody signed out, disabled or blocked it.

    An account that does not match its row seal has no sessions.
    """
    usable = session.active and session.tenant_status != Status.BLOCKED
    return bool(usable and session.ended_at is None) and _matches(session)


def _matches(session: Any) -> bool:
    fault = user_seals.mismatch(session.user_id, session, session.newest_sealing)
    return not trust.is_refused(session.user_id, fault)


@dataclass(frozen=True)
class Person(UserMixin):
    """The account of the current request, as it was when the request began."""

    id: UUID
    username: str
    email: str
    role: str
    tenant_id: UUID | None
    time_zone: str = "UTC"
    theme: str | None = None
    has_factor: bool = False
    signed_in_at: datetime | None = None


@login_manager.request_loader
def load_user(_request: object) -> Person | None:
    """The account of the current request (Flask-Login asks once per request)."""
    hashed = current_hash()
    session = _find_first(hashed) if hashed else None
    at = now()
    if hashed is None or session is None or not holds(session, at):
        return None
    if at - session.last_used_at >= TOUCH_EVERY:
        _touch(hashed, at)
    return Person(
        session.user_id,
        session.username,
        session.email,
        session.role,
        session.tenant_id,
        session.time_zone,
        session.theme,
        session.has_factor,
        session.created_at,
    )


def _find_first(hashed: str) -> Any:
    """What :func:`find` gives, as the request's first question to the database.

    A server that was restarted has left dead connections, all of which the first failure puts
    away: asked once more, there is a new one, and the person notices nothing.
    """
    try:
        return find(hashed)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        db.session.rollback()
        return find(hashed)


def _touch(hashed: str, at: datetime) -> None:
    """Notes the use; a database that cannot write now must not lock readers out."""
    try:
        with write_transaction():
            session = db.session.get(UserSession, hashed)
            if session is not None:
                session.last_used_at = max(at, session.last_used_at)
    except DBAPIError:
        db.session.rollback()
