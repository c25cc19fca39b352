"""The actor and origin of a request for the history, and the address of this site."""

import re
from uuid import uuid4

from flask import Flask, current_app, g, request
from flask_login import current_user

from webui.history.record.actions import Source
from webui.history.record.actor import Actor, token_actor_name
from webui.web.programs import answers_json

AGENT_LENGTH = 300
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def init_origin(app: Flask) -> None:
    """Gives every request an id, which error pages show and history entries contain."""
    app.before_request(_number_request)


def _number_request() -> None:
    """Programs may bring an id, under which their own log knows the request."""
    sent = request.headers.get("X-Request-ID", "")
    g.request_id = sent if answers_json() and _ID.fullmatch(sent) else str(uuid4())


def site() -> str:
    """Returns scheme, host and port of this site, for links and passkeys.

    WEBUI_ORIGIN, which is required in production. In development, without it, the host of the
    request, which TRUSTED_HOSTS limits to this machine's own names.
    """
    origin: str | None = current_app.extensions["webui_config"].origin
    return origin or request.host_url.rstrip("/")


def address() -> str:
    """Returns the client's address behind the number of proxies that the settings trust."""
    return (request.remote_addr or "unknown")[:64]


def agent() -> str:
    """Returns the User-Agent header without control characters."""
    return re.sub(r"[^\x20-\x7e]", "", request.user_agent.string)[:AGENT_LENGTH]


def actor(source: Source = Source.UI) -> Actor:
    """Returns the person of the current request as an actor; of a program, its token."""
    if "actor" in g:
        token: Actor = g.actor
        return token
    return person(str(current_user.id), current_user.username, current_user.role, source)


def person(
    user_id: str | None, name: str | None, role: str | None, source: Source = Source.UI
) -> Actor:
    """Returns an account as the actor of the current request; id None for an unknown name."""
    return _actor("user", user_id, name, role, source)


def token_actor(user_id: str, username: str, role: str, token: str) -> Actor:
    """Returns the actor of a request with an API token, which the history shows as the account.

    ``user_id``, ``username`` and ``role`` are those of the token's account, ``token`` its name;
    :func:`webui.accounts.api_tokens.authentication.actor_of` returns the actor of a bearer.
    """
    return _actor("token", user_id, token_actor_name(username, token), role, Source.API)


def _actor(
    type_: str, user_id: str | None, name: str | None, role: str | None, source: Source
) -> Actor:
    return Actor(
        type=type_,
        id=user_id,
        name=name,
        role=role,
        source=source,
        request=g.request_id,
        address=address(),
        agent=agent(),
    )
