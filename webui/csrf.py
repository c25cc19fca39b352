"""The CSRF check, after the person was judged and without losing what was typed."""

from typing import Any

from flask import request
from flask_wtf.csrf import CSRFError

from webui import drafts
from webui.extensions import csrf


def check_csrf() -> Any:
    """Before every request: a valid token on every write (ASVS 5.0, 3.5.1).

    A form that only grew too old is shown again with its input; all else is 400.
    """
    if request.endpoint is None:
        return None
    try:
        csrf.protect()
    except CSRFError:
        if "csrf_token" not in request.form:
            raise
        again = drafts.show_again()
        if again is None:
            raise
        return again
    return None
