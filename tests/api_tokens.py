"""API tokens to test with, and requests that carry one."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from flask import Flask, g

from tests.factories import an_actor
from webui.accounts.api_tokens import operations
from webui.accounts.api_tokens.authentication import BadToken, Bearer, authenticate
from webui.accounts.api_tokens.operations import Made, NewToken
from webui.accounts.api_tokens.scopes import Scope, scopes_of_role
from webui.models import User

ADDRESS = "192.0.2.7"


def make_token(
    user: User, name: str = "CRM sync", scopes: Iterable[Scope] = (), days: int = 90
) -> Made:
    """A token of the account, with all scopes of its role unless some are named."""
    held = frozenset(scopes) or frozenset(scopes_of_role(user.role))
    new = NewToken(name, "Copies new customers", held, days)
    return operations.create(user.id, new, an_actor(user))


@contextmanager
def a_request(app: Flask, address: str = ADDRESS) -> Iterator[None]:
    """A request from an address, as far as the history asks about it."""
    with app.test_request_context(environ_base={"REMOTE_ADDR": address}):
        g.request_id = "request-1"
        yield


def bearer(app: Flask, token: str, address: str = ADDRESS) -> Bearer:
    """Whom the token stands for. Raises what `authenticate` raises."""
    with a_request(app, address):
        return authenticate(token)


def refusal(app: Flask, token: str, address: str = ADDRESS) -> str | None:
    """Why a token is refused; None for one that is accepted."""
    try:
        bearer(app, token, address)
    except BadToken as error:
        return str(error)
    return None
