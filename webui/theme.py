"""Light, dark or as the device says: right on the first paint.

Who is signed in has the theme of the account; a cookie knows it before and after.
"""

from flask import Blueprint, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webui import origin
from webui.accounts import own, theme_cookie
from webui.htmx import go_to
from webui.limits import THEMES
from webui.navigation import safe_next
from webui.permissions import public

bp = Blueprint("theme", __name__)


@bp.app_context_processor
def _theme() -> dict[str, object]:
    account = current_user.theme if current_user.is_authenticated else None
    chosen = account or request.cookies.get(theme_cookie.NAME, "auto")
    return {"theme": chosen if chosen in THEMES else "auto", "themes": THEMES}


@bp.post("/theme")
@public
def choose() -> Response:
    """Remembers the choice for the account and on this device; goes back to the page."""
    sent = request.form.get("theme", "auto")
    chosen = sent if sent in THEMES else "auto"
    if current_user.is_authenticated:
        own.change_preferences(current_user.id, origin.actor(), theme=chosen)
    response = go_to(safe_next(request.form.get("next")) or url_for("accounts.start"))
    theme_cookie.remember(response, chosen)
    return response
