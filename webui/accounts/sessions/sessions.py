"""Sessions of browsers: a random token in the cookie, only its keyed hash in the database."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import session as cookie
from sqlalchemy import ColumnElement, bindparam, exists, or_, select

from webui.accounts.sessions import account_rows
from webui.core.extensions import db, read, secret_key
from webui.crypto import tokens
from webui.models import AccountNotice, User, UserSession
from webui.models.columns import now
from webui.models.token_rows import is_genuine
from webui.models.user import SECOND_FACTORS, Proofs, proofs_as_text, proofs_of

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=12)
_COOKIE_KEY = "token"
_CSRF_KEY = "csrf_token"
_TOKEN_BYTES = 32


@dataclass(frozen=True)
class Kept:
    """The new token of the session that continues, if any, and how many others ended."""

    token: str | None = field(repr=False)
    ended: int


def start_session(
    user: User, address: str, agent: str, factors: Proofs, reset_by: str | None = None
) -> str:
    """Adds a session to the current transaction and returns its token.

    ``factors`` are the proofs that were given. ``reset_by``: see :class:`UserSession`.
    """
    at = now()
    return _add(
        UserSession(
            user_id=user.id,
            created_at=at,
            last_used_at=at,
            address=address,
            agent=agent,
            factors=proofs_as_text(factors),
            reset_by=reset_by,
        )
    )


def renew_session(hashed: str, proven: Proofs = frozenset()) -> str | None:
    """Replaces a session by a new one of the same age, in the current transaction.

    Returns the new token; None when the session has ended. ``proven`` are proofs of this request,
    added to those of the session. Copies of the old cookie are then invalid (ASVS 5.0, 7.2.4).
    """
    old = db.session.get(UserSession, hashed)
    if old is None or old.ended_at is not None or not old.is_genuine():
        return None
    old.revise_sealed(ended_at=now())
    return _add(
        UserSession(
            user_id=old.user_id,
            created_at=old.created_at,
            last_used_at=old.last_used_at,
            address=old.address,
            agent=old.agent,
            factors=proofs_as_text(proofs_of(old.factors) | proven),
            reset_by=old.reset_by,
        )
    )


def _add(session: UserSession) -> str:
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    session.token_hash = session_token_hash(token)
    session.sign()
    db.session.add(session)
    return token


def set_session_cookie(token: str, same_person: bool = False) -> None:
    """Puts the token into a new cookie, without anything of the old one (session fixation).

    For the same person, whose session expired or was renewed, the CSRF token is kept, so that open
    forms can still be saved.
    """
    kept = cookie.get(_CSRF_KEY) if same_person else None
    cookie.clear()
    cookie[_COOKIE_KEY] = token
    if kept:
        cookie[_CSRF_KEY] = kept


def current_hash() -> str | None:
    """Returns the hash of the browser's token, of a valid or ended session."""
    token = cookie.get(_COOKIE_KEY)
    return session_token_hash(token) if isinstance(token, str) else None


def session_token_hash(token: str) -> str:
    """Returns the keyed hash of a token, as the database stores it."""
    return tokens.token_hash(secret_key(), "session", token)


def end_session(hashed: str, at: datetime | None = None) -> None:
    """Ends a session in the current transaction."""
    session = db.session.get(UserSession, hashed)
    if session is not None and session.ended_at is None:
        session.revise_sealed(ended_at=at or now())


def end_sessions(user: User, but: str | None = None) -> int:
    """Ends every session of an account in the current transaction; returns how many.

    ``but`` is the token hash of a session that is kept.
    """
    live = [s for s in open_sessions(user.id, now()) if s.token_hash != but]
    _end_where(UserSession.user_id == user.id, UserSession.token_hash != (but or ""))
    return len(live)


def keep_only(user: User, hashed: str | None, proven: Proofs = frozenset()) -> Kept:
    """Ends every session of an account except one, which continues under a new token.

    ``hashed`` is the hash of its present token; for ``proven`` see :func:`renew_session`.
    """
    token = renew_session(hashed, proven) if hashed else None
    return Kept(token, end_sessions(user, but=session_token_hash(token) if token else None))


def end_all_of_tenant(tenant_id: UUID) -> None:
    """Ends every session of a tenant's owners, in the current transaction."""
    owners = select(User.id).where(User.tenant_id == tenant_id)
    _end_where(UserSession.user_id.in_(owners))


def _end_where(*conditions: ColumnElement[bool]) -> None:
    query = select(UserSession).where(UserSession.ended_at.is_(None), *conditions)
    for session in db.session.scalars(query):
        session.revise_sealed(ended_at=now())


def open_sessions(user_id: UUID, at: datetime) -> list[UserSession]:
    """Returns the valid sessions of an account, most recently used first."""
    query = select(UserSession).where(
        UserSession.user_id == user_id,
        UserSession.ended_at.is_(None),
        UserSession.last_used_at > at - IDLE,
        UserSession.created_at > at - ABSOLUTE,
    )
    found = db.session.scalars(query.order_by(UserSession.last_used_at.desc()))
    return [session for session in found if session.is_genuine()]


def reset_by_at(user_id: UUID, at: datetime) -> str | None:
    """Returns who issued the reset link that set the password of a session open at a time."""
    query = select(UserSession).where(
        UserSession.user_id == user_id,
        UserSession.reset_by.is_not(None),
        UserSession.created_at.between(at - ABSOLUTE, at),
        or_(UserSession.ended_at.is_(None), UserSession.ended_at >= at),
    )
    return next((s.reset_by for s in db.session.scalars(query) if s.is_genuine()), None)


def public_id(hashed: str) -> str:
    """Returns the id of a session for pages; it reveals neither hash nor token."""
    return hashlib.sha256(f"session {hashed}".encode()).hexdigest()[:16]


def current_person_id() -> UUID | None:
    """Returns the account of the browser's token, of a valid or ended session."""
    hashed = current_hash()
    session = find_session(hashed) if hashed else None
    return session.user_id if session else None


_SESSIONS, _NOTICES = UserSession.__table__, AccountNotice.__table__
_HAS_NOTICE = exists().where(
    _NOTICES.c.user_id == _SESSIONS.c.user_id, _NOTICES.c.dismissed_at.is_(None)
)
# Built once, and columns instead of objects, because every request runs it first.
_FIND = (
    select(
        *(_SESSIONS.c[name] for name in (*UserSession.FACTS, "last_used_at")),
        _SESSIONS.c.seal.label("session_seal"),
        *account_rows.COLUMNS,
        _HAS_NOTICE.label("has_notice"),
    )
    .select_from(account_rows.joined_to(_SESSIONS))
    .where(_SESSIONS.c.token_hash == bindparam("hashed"))
)


def find_session(hashed: str) -> Any:
    """Returns the session of a token hash, valid or ended, with account and tenant status.

    None for a row whose seal does not match: it was written outside the product.
    """
    row = read(_FIND, {"hashed": hashed}).first()
    if row is None:
        return None
    table, facts = UserSession.__tablename__, UserSession.FACTS
    return row if is_genuine(table, facts, row, row.session_seal) else None


def find_ended() -> Any:
    """Returns the session of the browser's token if its account may still sign in, or None.

    For drafts alone: it has grown too old, or was ended in the last twelve hours, by whomever.
    """
    hashed = current_hash()
    session = find_session(hashed) if hashed else None
    if session is None or session.ended_at is None:
        return session if session is not None and is_valid_but_for_age(session) else None
    late = now() - session.ended_at >= ABSOLUTE
    return session if not late and account_rows.may_act(session) else None


def is_valid(session: Any, at: datetime) -> bool:
    """Whether the session may be used."""
    young = at - session.last_used_at < IDLE and at - session.created_at < ABSOLUTE
    return young and is_valid_but_for_age(session)


def is_valid_but_for_age(session: Any) -> bool:
    """Whether the session is valid apart from its age: not ended, account active, not blocked.

    It must have passed a second factor if the account has one (ASVS 5.0, 6.3.3): the proofs of the
    session count, not the factors of the account. An account that does not match its row seal has
    no valid sessions.
    """
    passed = not session.has_factor or is_full(proofs_of(session.factors))
    return bool(passed and session.ended_at is None) and account_rows.may_act(session)


def is_full(proofs: Proofs) -> bool:
    """Whether the proofs include a second factor."""
    return bool(proofs & SECOND_FACTORS)
