"""``WEBUI_REQUIRE_MFA=staff``: staff without a second factor can only set one up.

Checked on every request, so that a reset of the second factor or a new setting takes effect on the
next one (ASVS 5.0, 6.3.3). Whether a session has passed the factor that its account has is checked
before, for everyone: :func:`webui.accounts.sessions.sessions.is_valid_but_for_age`.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, current_app, request, url_for
from flask_login import current_user

from webui.core.permissions import STAFF
from webui.web.htmx import go_to

View = TypeVar("View", bound=Callable[..., Any])


def before_enrolment(view: View) -> View:
    """Declares a view that is available before a required second factor is set up."""
    view.before_enrolment = True  # type: ignore[attr-defined]
    return view


def init_required(app: Flask) -> None:
    """Registers the check. Call it after the permission check, which loads the person."""
    app.before_request(_send_to_enrolment)


def must_enrol() -> bool:
    """Whether the person must set up a second factor first."""
    person = current_user
    return bool(person.is_authenticated and lacks_factor(person.role, person.has_factor))


def lacks_factor(role: str, has_factor: bool) -> bool:
    """Whether an account of this role needs a second factor and has none."""
    required = current_app.extensions["webui_config"].require_mfa == "staff"
    return required and role in STAFF and not has_factor


def _send_to_enrolment() -> Any:
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or getattr(view, "before_enrolment", False):
        return None
    # Public pages contain no secret; checked first, because must_enrol() may need a query.
    if getattr(view, "permission", None) == "public" or not must_enrol():
        return None
    return go_to(url_for("factors.setup"))
