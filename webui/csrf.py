"""The CSRF check, after the person was judged and without losing what was typed."""

from typing import Any

from flask import g, request
from flask_wtf.csrf import CSRFError, validate_csrf
from wtforms.validators import ValidationError

from webui import drafts
from webui.extensions import csrf
from webui.headers import has_secret_address


def check_csrf() -> Any:
    """Before every request: a valid token on every write (ASVS 5.0, 3.5.1).

    A form that only grew too old is shown again with its input; all else is 400.
    """
    if request.endpoint is None:
        return None
    try:
        _check_without_referrer() if has_secret_address() else csrf.protect()
    except CSRFError:
        if "csrf_token" not in request.form:
            raise
        again = drafts.show_again()
        if again is None:
            raise
        return again
    return None


def _check_without_referrer() -> None:
    """The token, and what the browser says of where the request comes from.

    Flask-WTF also asks for a Referer under https, which these pages keep back.
    """
    if request.method != "POST":
        return
    try:
        validate_csrf(request.form.get("csrf_token"))
    except ValidationError as error:
        raise CSRFError(str(error)) from None
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise CSRFError("a form of another site")
    g.csrf_valid = True
