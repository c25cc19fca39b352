"""Light, dark or as the device says: a cookie that is right on the first paint."""

from flask import Blueprint, request, url_for
from werkzeug.wrappers import Response

from webui.htmx import go_to
from webui.navigation import safe_next
from webui.permissions import public

bp = Blueprint("theme", __name__)
THEMES = {"auto": "As the device", "light": "Light", "dark": "Dark"}
_COOKIE = "theme"
_YEAR = 365 * 24 * 3_600


@bp.app_context_processor
def _theme() -> dict[str, object]:
    chosen = request.cookies.get(_COOKIE, "auto")
    return {"theme": chosen if chosen in THEMES else "auto", "themes": THEMES}


@bp.post("/theme")
@public
def choose() -> Response:
    """Remembers the choice on this device and goes back to the page."""
    chosen = request.form.get("theme", "auto")
    response = go_to(safe_next(request.form.get("next")) or url_for("accounts.start"))
    response.set_cookie(
        _COOKIE,
        chosen if chosen in THEMES else "auto",
        max_age=_YEAR,
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )
    return response
