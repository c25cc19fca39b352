"""Known devices: browsers that have signed in before, by a signed cookie.

The cookie gives no access. It only keeps the owner from waiting while strangers guess: attempts
from a known device are counted separately (see :mod:`webui.rate_limits.try_limits`).
"""

import secrets
from datetime import timedelta
from uuid import UUID

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

KEPT = timedelta(days=180)
_NAME = "device"
_MARK_BYTES = 16


def mark_for(user_id: UUID | None) -> str | None:
    """Returns this browser's mark if it has signed in to the account before; else None."""
    known = _read()
    return known[1] if known and user_id and known[0] == user_id.hex else None


def device_mark() -> str | None:
    """Returns this browser's mark if it has signed in to any account before; else None."""
    known = _read()
    return known[1] if known else None


def set_device_cookie(response: Response, user_id: UUID) -> None:
    """Makes the browser a known device of the account that has just signed in."""
    mark = mark_for(user_id) or secrets.token_urlsafe(_MARK_BYTES)
    response.set_cookie(
        _cookie_name(),
        _serializer().dumps([user_id.hex, mark]),
        max_age=KEPT,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )


def _read() -> tuple[str, str] | None:
    cookie = request.cookies.get(_cookie_name(), "")
    try:
        user_id, mark = _serializer().loads(cookie, max_age=int(KEPT.total_seconds()))
    except (BadSignature, ValueError, TypeError):
        return None
    return str(user_id), str(mark)


def _cookie_name() -> str:
    return f"__Host-{_NAME}" if current_app.config["SESSION_COOKIE_SECURE"] else _NAME


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="known-device")
