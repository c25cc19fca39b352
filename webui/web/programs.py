"""What is for programs: paths that answer JSON, and views that take a bearer token.

A view for programs knows no cookie, so a browser that is signed in has no power over it and it
needs no CSRF token (ASVS 5.0, 3.5.1). Its errors are JSON, also those of paths that do not exist.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, request

PREFIX = "/api/v1"
"""Every path below it answers JSON only."""

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
    return request.path == PREFIX or request.path.startswith(f"{PREFIX}/")
