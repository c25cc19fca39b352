"""Security and caching headers of every response (OWASP ASVS 5.0, 3.4)."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, request

from webui.web.htmx import REQUEST_TYPE

# Where browsers report violations of the policy below.
REPORTS = "/csp-reports"
# No inline code, no eval; data: is for the icons inside Tabler's style sheet. Text becomes markup
# only through the one policy of static/js/trusted-types.js. `report-uri` is for browsers without
# `report-to` (CSP 3, 6.5).
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types htmx",
        "report-to csp",
        f"report-uri {REPORTS}",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Reporting-Endpoints": f'csp="{REPORTS}"',
    "X-Content-Type-Options": "nosniff",
    # Over https the CSRF check needs the origin; links to other sites send no referrer.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
# Pages contain customers' data: neither a browser's cache nor a proxy may store them.
_DEFAULTS = (*HEADERS.items(), ("Cache-Control", "no-store"))
# In production, also on static files (RFC 6797).
HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}

View = TypeVar("View", bound=Callable[..., Any])


def secret_address(view: View) -> View:
    """Declares that a view's URL is a secret: requests from its page send no Referer."""
    view.secret_address = True  # type: ignore[attr-defined]
    return view


def has_secret_address() -> bool:
    """Whether the current request's URL is a secret."""
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "secret_address", False)


def init_headers(app: Flask) -> None:
    """Adds the headers to every response of the application."""
    app.jinja_env.globals["has_secret_address"] = has_secret_address
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    if has_secret_address():
        response.headers["Referrer-Policy"] = "no-referrer"
    # `setdefault` would search all headers for each name, twice.
    present = {name.lower() for name, _ in response.headers}
    for name, value in _DEFAULTS:
        if name.lower() not in present:
            response.headers.add(name, value)
    response.vary.add(REQUEST_TYPE)
    # The pages' script also uses it to distinguish our responses from those of a proxy.
    response.headers["X-Request-ID"] = g.get("request_id", "")
    if current_app.extensions["webui_config"].production:
        response.headers.update(HTTPS_ONLY)
    return response
