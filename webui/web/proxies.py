"""Detection of a proxy that the settings do not name: all clients then share its address."""

import time

from flask import Flask, current_app, request

# Headers that proxies add; any client can send them too, so they only cause a warning.
_HEADERS = ("X-Forwarded-For", "Forwarded", "X-Real-IP")
_SAY_EVERY = 60 * 60
"""Seconds between two warnings of a process."""
_SAID = "proxy_warned_at"


def init_proxies(app: Flask) -> None:
    """Adds the warning in the log, and ``behind_unknown_proxy`` for templates."""
    app.extensions[_SAID] = None
    app.before_request(_warn)
    app.jinja_env.globals["behind_unknown_proxy"] = behind_unknown_proxy


def behind_unknown_proxy() -> bool:
    """Whether the request came through a proxy although WEBUI_TRUSTED_PROXIES is 0."""
    trusted = current_app.extensions["webui_config"].trusted_proxies
    return not trusted and any(name in request.headers for name in _HEADERS)


def _warn() -> None:
    if not behind_unknown_proxy():
        return
    said, at = current_app.extensions[_SAID], time.monotonic()
    if said is not None and at - said < _SAY_EVERY:
        return
    current_app.extensions[_SAID] = at
    current_app.logger.warning(
        "a request came through a proxy, and WEBUI_TRUSTED_PROXIES is 0: if there is one in front,"
        " set it to the number of proxies; until then all people count as one address"
    )
