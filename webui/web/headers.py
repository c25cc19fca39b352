"""Security and caching headers of every answer (OWASP ASVS 5.0, 3.4)."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, request

from webui.web.htmx import REQUEST_TYPE

# Where browsers tell what the policy below stopped.
REPORTS = "/csp-reports"
# Nothing inline, no eval; data: is for the icons inside Tabler's style sheet. Text becomes markup
# through the one policy of static/js/trusted-types.js. `report-uri` is for browsers that know no
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
    # The origin is needed by the CSRF check under https; links to other sites learn nothing.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
# In production, on static files too (RFC 6797).
HTTPS_ONLY = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}

View = TypeVar("View", bound=Callable[..., Any])


def secret_address(view: View) -> View:
    """Declares that a view's address is itself a secret: no request from it tells it on."""
    view.secret_address = True  # type: ignore[attr-defined]
    return view


def has_secret_address() -> bool:
    """Whether the current request's address is a secret."""
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "secret_address", False)


def init_headers(app: Flask) -> None:
    """Adds the headers to everything the application answers."""
    app.jinja_env.globals["has_secret_address"] = has_secret_address
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    if has_secret_address():
        response.headers["Referrer-Policy"] = "no-referrer"
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    # A page shows customers' data: neither the browser's cache nor a proxy keeps it.
    response.headers.setdefault("Cache-Control", "no-store")
    response.vary.add(REQUEST_TYPE)
    # Also how the pages' script knows an answer of ours from that of a proxy in between.
    response.headers["X-Request-ID"] = g.get("request_id", "")
    if current_app.extensions["webui_config"].production:
        response.headers.update(HTTPS_ONLY)
    return response
