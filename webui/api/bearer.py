"""Who calls: the account of the bearer token (RFC 6750), and nobody else.

A session cookie means nothing here, and a token means nothing on a page.
"""

from typing import Any

from flask import Flask, current_app, g, request

from webui.accounts.api_tokens import authentication, rates
from webui.accounts.api_tokens.authentication import BadToken, Bearer, TooManyFailures
from webui.api.operation import Operation
from webui.api.problems import Refused
from webui.core.extensions import login_manager
from webui.crypto import token_text
from webui.web.programs import is_for_programs

REALM = 'Bearer realm="Tenant Console"'
_NO_TOKEN = "Send Authorization: Bearer <token>. Tokens are made on the account page."
_IN_QUERY = "A token in an address ends up in logs. Revoke it, and send a new one as a header."


def init_bearer(app: Flask) -> None:
    """Registers the check; before the one of permissions, which asks who the person is."""
    app.before_request(_identify)
    app.register_error_handler(Refused, lambda refusal: refusal.response())
    app.after_request(_add_rate)


def bearer() -> Bearer:
    """Returns the token of the request."""
    token = g.bearer
    assert isinstance(token, Bearer)
    return token


def _identify() -> None:
    if not is_for_programs():
        return
    g._login_user = login_manager.anonymous_user()
    _refuse_in_query()
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refused(401, _NO_TOKEN, {"WWW-Authenticate": REALM})
    try:
        g.bearer = authentication.authenticate(token.strip(" "))
    except BadToken as error:
        challenge = f'{REALM}, error="invalid_token"'
        raise Refused(401, str(error), {"WWW-Authenticate": challenge}) from None
    except TooManyFailures as error:
        words = "Too many wrong tokens from this address."
        raise Refused(429, words, {"Retry-After": str(error.retry_after)}) from None
    g._login_user = g.bearer.person
    g.actor = authentication.actor_of(g.bearer)
    _count()
    _check_scope()


def _refuse_in_query() -> None:
    values = [value for _, value in request.args.items(multi=True)]
    if "access_token" in request.args or any(map(token_text.FORM.search, values)):
        raise Refused(401, _IN_QUERY, {"WWW-Authenticate": f'{REALM}, error="invalid_request"'})


def _count() -> None:
    g.token_rate = rate = rates.count_request(g.bearer.token_id)
    if not rate.allowed:
        words = f"More than {rate.limit} requests a minute with this token."
        raise Refused(429, words, {"Retry-After": str(rate.reset_seconds)})


def _check_scope() -> None:
    view: Any = current_app.view_functions[request.endpoint or ""]
    declared: Operation = view.operation
    if declared.scope and declared.scope not in g.bearer.scopes:
        challenge = f'{REALM}, error="insufficient_scope", scope="{declared.scope}"'
        words = f"The token lacks the scope {declared.scope}."
        raise Refused(403, words, {"WWW-Authenticate": challenge})


def _add_rate(response: Any) -> Any:
    rate = g.get("token_rate")
    if rate:
        response.headers["RateLimit-Limit"] = str(rate.limit)
        response.headers["RateLimit-Remaining"] = str(rate.remaining)
        response.headers["RateLimit-Reset"] = str(rate.reset_seconds)
    return response
