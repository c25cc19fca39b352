"""The actor: who acts and from where, as written into every entry."""

from dataclasses import dataclass

from webui.history.record.actions import Source

ACCOUNT_TYPES = ("user", "token")
"""The types of actors whose id is an account's: a person, and a program with a person's token."""


@dataclass(frozen=True)
class Actor:
    """Who acts, and from where. Made once per request or command."""

    type: str
    id: str | None
    name: str | None
    role: str | None
    source: Source
    request: str | None = None
    address: str | None = None
    agent: str | None = None


def token_actor_name(username: str, token: str) -> str:
    """Returns the name of the actor of a request with an API token: ``ann via token "CRM sync"``.

    An entry has no field for the token, and its form is fixed (DESIGN 2.6). A username contains no
    spaces, so the first word is always the account's name.
    """
    return f'{username} via token "{token}"'


def command_actor(name: str) -> Actor:
    """Returns the actor of a command on the server; ``name`` is the operating system's user."""
    return Actor("cli", None, name, None, Source.CLI)


def system_actor() -> Actor:
    """Returns the actor of the worker's own jobs."""
    return Actor("system", None, None, None, Source.CLI)
