"""What a browser gets once somebody is signed in: the cookies, and where to go on."""

from flask import url_for
from werkzeug.wrappers import Response

from webui.accounts.self_service import theme_cookie
from webui.accounts.sessions import known_devices, sessions
from webui.models import User
from webui.web.htmx import go_to, htmx_place, load_into, wants_fragment
from webui.web.navigation import safe_next


def arrive(token: str, user: User, target: str | None, again: bool) -> Response:
    """The answer to a sign-in that is done; ``again`` keeps what only the same person may keep."""
    sessions.set_session_cookie(token, same_person=again)
    response = _go_on(safe_next(target) or url_for("accounts.start"), in_place=again)
    known_devices.set_device_cookie(response, user.id)
    if user.theme:
        theme_cookie.set_theme_cookie(response, user.theme)
    return response


def _go_on(target: str, in_place: bool) -> Response:
    """To the target or, by htmx, the form with the kept input where the sign-in form stood."""
    place = htmx_place()
    if not (in_place and wants_fragment() and place and "draft=" in target):
        return go_to(target)
    return load_into(target, place)
