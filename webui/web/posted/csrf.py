"""The CSRF check, which runs after the person is known and keeps the input."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, current_app, flash, g, make_response, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from webui.web.headers import has_secret_address
from webui.web.htmx import wants_fragment
from webui.web.posted import drafts, oversized_forms
from webui.web.posted.csrf_tokens import csrf, is_valid
from webui.web.posted.fetch_site import is_write
from webui.web.posted.forms import refuse_repeated

View = TypeVar("View", bound=Callable[..., Any])
TOO_OLD = "This page was too old, so nothing was saved. Check it and try again."


def shows_again(form: Callable[..., Any]) -> Callable[[View], View]:
    """Declares what a view answers when the token is missing or too old: its form, and why.

    ``form`` gets the arguments of the URL, and does nothing but show. Its answer becomes a 400,
    unless it leads elsewhere.
    """

    def declare(view: View) -> View:
        view.form_again = form  # type: ignore[attr-defined]
        return view

    return declare


def page_again(page: Callable[..., Any]) -> Callable[..., Any]:
    """Returns an answer for :func:`shows_again`: a page, with one sentence above it."""

    def again(**arguments: Any) -> Any:
        flash(TOO_OLD)
        return page(**arguments)

    return again


def check_csrf() -> Any:
    """Before every request: requires a valid token on every write (ASVS 5.0, 3.5.1).

    A form whose token is too old is shown again with its input, and one that is too large with the
    fields that fit; otherwise 400 or 413, and 422 for a token that was sent twice.
    """
    if not is_write():
        return None
    try:
        _check_without_referrer() if has_secret_address() else csrf.protect()
    except CSRFError:
        again = _form_again()
        if again is None:
            raise
        return again
    except RequestEntityTooLarge:
        again = _with_what_fits()
        if again is None:
            raise
        return again
    refuse_repeated("csrf_token")
    return None


def _form_again() -> Response | None:
    """Returns what the view declares for a token that is missing or too old, or None."""
    form = getattr(current_app.view_functions[request.endpoint or ""], "form_again", None)
    if form is None:
        return drafts.show_again(400) if "csrf_token" in request.form else None
    answer = make_response(form(**(request.view_args or {})))
    if answer.status_code == 200 and answer.data:
        answer.status_code = 400
    return answer


def _with_what_fits() -> Response | None:
    """Returns the page of a form that is too large (413), or None if the person may not post it.

    With htmx the page around the form is unchanged, so no input is lost anyway.
    """
    if wants_fragment() or not current_user.is_authenticated or not drafts.form_page():
        return None
    try:
        if not oversized_forms.read_what_fits():
            return None
        csrf.protect()
        return drafts.show_again(413)
    except HTTPException:
        # A forged form, a broken connection or another person's tenant: reveal nothing more.
        return None


def _check_without_referrer() -> None:
    """Checks the token only: Flask-WTF also requires a Referer, which these pages do not send."""
    if not is_valid(request.form.get("csrf_token")):
        raise CSRFError("The CSRF token is missing or invalid.")
    g.csrf_valid = True
