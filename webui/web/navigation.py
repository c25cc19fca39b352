"""The main pages, and safe redirect targets: only paths of this site."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from flask import Flask, request

from webui.core.permissions import Permission, may
from webui.web.request import VISIBLE
from webui.web.urls import url_for

_MAIN = (
    (Permission.LIST_TENANTS, "tenants.index", "Tenants"),
    (Permission.VIEW_ALL_HISTORY, "audit.index", "History"),
    (Permission.LIST_USERS, "users.index", "Users"),
    (Permission.VIEW_KEYS, "keys.index", "Keys"),
)


@dataclass(frozen=True)
class Link:
    """A main page; ``current`` is "page" on this page and "true" on a page below it."""

    url: str
    label: str
    current: str | None


def init_navigation(app: Flask) -> None:
    """Registers ``main_pages`` for templates."""
    app.jinja_env.globals["main_pages"] = main_pages


def main_pages() -> list[Link]:
    """Returns the main pages that the current person may open."""
    open_to_all = ((url_for(endpoint), label) for held, endpoint, label in _MAIN if may(held))
    return [Link(url, label, _current(url)) for url, label in open_to_all]


def _current(url: str) -> str | None:
    if request.path == url:
        return "page"
    return "true" if request.path.startswith(f"{url}/") else None


def safe_next(target: str | None) -> str | None:
    """Returns the path to redirect to; None when it leads to another site (CWE-601).

    The result is safe in a header: all but visible ASCII is percent-encoded, as browsers do.
    """
    if not target or not target.startswith("/") or target.startswith("//"):
        return None
    if re.search(r"[\\\x00-\x20\x7f]", target):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else quote(target, safe=VISIBLE, errors="replace")


def referring_page() -> str | None:
    """Returns the path of the page that sent the request, if the Referer is one of this site."""
    came_from = request.referrer or ""
    return safe_next(path_of(came_from)) if came_from.startswith(request.host_url) else None


def path_of(url: str | None) -> str | None:
    """Returns path, query and anchor of a URL; None when there is none."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return parts._replace(scheme="", netloc="").geturl()
