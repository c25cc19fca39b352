"""The person of the current request: the account of the session in the browser's cookie."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask_login import UserMixin
from sqlalchemy.exc import DBAPIError

from webui.accounts.sessions import sessions
from webui.accounts.sessions.account_rows import first_query
from webui.core.extensions import db, login_manager, write_transaction
from webui.models import UserSession
from webui.models.columns import now

TOUCH_EVERY = timedelta(minutes=1)


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
    time_zone_chosen: bool = True
    shortcuts: bool = True
    has_factor: bool = False
    has_notice: bool = False


@login_manager.request_loader
def load_user(_request: object) -> Person | None:
    """Returns the account of the current request (Flask-Login calls it once per request)."""
    hashed = sessions.current_hash()
    session = first_query(lambda: sessions.find_session(hashed)) if hashed else None
    at = now()
    if hashed is None or session is None or not sessions.is_valid(session, at):
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
        session.time_zone_chosen,
        session.shortcuts,
        session.has_factor,
        session.has_notice,
    )


def _touch(hashed: str, at: datetime) -> None:
    """Records the use of the session; a database that cannot write must not lock readers out."""
    try:
        with write_transaction():
            session = db.session.get(UserSession, hashed)
            if session is not None:
                session.last_used_at = max(at, session.last_used_at)
    except DBAPIError:
        db.session.rollback()
