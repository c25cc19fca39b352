"""The actor: who acts and from where, as written into every entry."""

from dataclasses import dataclass

from webui.history.record.actions import Source


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


def command_actor(name: str) -> Actor:
    """Returns the actor of a command on the server; ``name`` is the operating system's user."""
    return Actor("cli", None, name, None, Source.CLI)


def system_actor() -> Actor:
    """Returns the actor of the worker's own jobs."""
    return Actor("system", None, None, None, Source.CLI)
