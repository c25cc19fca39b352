"""What is for programs: paths that answer JSON, and views that take a bearer token.

A view for programs knows no cookie, so a browser that is signed in has no power over it and it
needs no CSRF token (ASVS 5.0, 3.5.1). Its errors are JSON, also those of paths that do not exist.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, Request, current_app, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

PREFIX = "/api/v1"
"""Every path below it answers JSON only."""


class CookiesOfPages(SecureCookieSessionInterface):
    """The session cookie of the pages; a request of a program has none, whatever it sends."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Returns the session of the cookie; an empty one for programs."""
        if is_path_of_programs(request.path):
            return self.session_class()
        return super().open_session(app, request)


View = TypeVar("View", bound=Callable[..., Any])


def for_programs(view: View) -> View:
    """Declares a view that programs call with a bearer token."""
    view.for_programs = True  # type: ignore[attr-defined]
    return view


def is_for_programs() -> bool:
    """Whether the view of the request is for programs."""
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "for_programs", False)


def answers_json() -> bool:
    """Whether the response to this request must be JSON, whatever becomes of it."""
    return is_path_of_programs(request.path)


def is_path_of_programs(path: str) -> bool:
    """Whether everything at this path is JSON."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")
