"""The response to a completed sign-in: cookies, and where to continue."""

from flask import url_for
from werkzeug.wrappers import Response

from webui.accounts.self_service import theme_cookie
from webui.accounts.sessions import known_devices, sessions
from webui.models import User
from webui.web.htmx import go_to, htmx_place, load_into, wants_fragment
from webui.web.navigation import safe_next


def complete_sign_in(token: str, user: User, target: str | None, again: bool) -> Response:
    """Responds to a completed sign-in; ``again`` keeps what only the same person may keep."""
    sessions.set_session_cookie(token, same_person=again)
    response = go_on(target, in_place=again)
    known_devices.set_device_cookie(response, user.id)
    if user.theme:
        theme_cookie.set_theme_cookie(response, user.theme)
    return response


def go_on(wanted: str | None, in_place: bool) -> Response:
    """Redirects to where the person wanted to go; with htmx, loads a form with a draft in place."""
    target, place = safe_next(wanted) or url_for("accounts.start"), htmx_place()
    if not (in_place and wants_fragment() and place and "draft=" in target):
        return go_to(target)
    return load_into(target, place)
