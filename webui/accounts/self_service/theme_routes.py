"""The theme: light, dark or the device's, correct on the first paint.

A signed-in person gets the account's theme; a cookie stores it for the time before and after.
"""

from flask import Blueprint, make_response, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from webui.accounts.self_service import own_account, theme_cookie
from webui.core.limits import THEMES
from webui.core.permissions import public
from webui.web import request_actor
from webui.web.htmx import go_to, keep_page, part_of, wants_fragment
from webui.web.navigation import safe_next
from webui.web.posted.csrf import shows_again

bp = Blueprint("theme", __name__)


@bp.app_context_processor
def _theme() -> dict[str, object]:
    account = current_user.theme if current_user.is_authenticated else None
    chosen = account or request.cookies.get(theme_cookie.NAME, "auto")
    return {"theme": chosen if chosen in THEMES else "auto", "themes": THEMES}


def _after_token_failed() -> Response:
    """Answers a form whose token is missing or too old: the form again."""
    back = safe_next(request.form.get("next"))
    answer = make_response(render_template(part_of("account/theme.html"), back=back), 400)
    return keep_page(answer) if wants_fragment() else answer


@bp.post("/theme")
@public
@shows_again(_after_token_failed)
def choose() -> Response:
    """Stores the choice for the account and on this device; redirects back to the page.

    With htmx it answers nothing: ``static/js/theme.js`` changes the page, and what was typed stays.
    """
    sent = request.form.get("theme", "auto")
    chosen = sent if sent in THEMES else "auto"
    if current_user.is_authenticated:
        own_account.change_preferences(current_user.id, request_actor.actor(), theme=chosen)
    response = make_response("") if wants_fragment() else go_to(_back())
    theme_cookie.set_theme_cookie(response, chosen)
    return response


def _back() -> str:
    return safe_next(request.form.get("next")) or url_for("accounts.start")
