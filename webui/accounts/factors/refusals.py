"""Responses to a refused password or code: the error beside its field, 422 or 429."""

from collections.abc import Callable
from typing import Any

from flask import Response, make_response

from webui.accounts.factors.confirmation import WrongFactor
from webui.accounts.factors.factors import WrongCode
from webui.accounts.password_check import WrongPassword
from webui.rate_limits.throttle import TooMany
from webui.values import Refused
from webui.web import retry_after

WRONG_PASSWORD = "This is not your current password."
WRONG_CODE = "This code is not correct. Wait for the next one, and check the clock of your phone."
WRONG_FACTOR = (
    "This is neither a code of your app nor one of your recovery codes, or it was used before."
)
KINDS = (WrongPassword, WrongFactor, WrongCode, TooMany, Refused)


def refused_credentials(form: Any, error: Exception, page: Callable[[Any], str]) -> Response:
    """Renders the form's page with the error; ``error`` is one of KINDS."""
    fields = [name for name in ("current_password", "code", "password") if name in form]
    if isinstance(error, WrongPassword):
        form.fail("current_password", WRONG_PASSWORD)
    elif isinstance(error, WrongFactor):
        form.fail("current_code", WRONG_FACTOR)
    elif isinstance(error, WrongCode):
        form.fail("code", WRONG_CODE)
    elif isinstance(error, TooMany):
        form.fail(fields[0], retry_after.wait_in_words(error))
        return retry_after.too_many(page(form), error)
    else:
        form.fail("password", str(error))
    return make_response(page(form), 422)
