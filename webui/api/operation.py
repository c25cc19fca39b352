"""Declares an operation of the API: permission, scope, and the types of what goes in and out.

The routes are judged by it and ``openapi.json`` is made from it, so that both say the same. A
view of the API without a declaration stops the start.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

from webui.accounts.api_tokens.scopes import Scope
from webui.api.headers import Header
from webui.core.permissions import Permission, requires
from webui.web.programs import for_programs

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one path.

    ``scope``: what the token must include; None for any token. ``permission``: what its account
    must have. ``returns``: the model of the response, or dict; with ``many`` a list of them.
    ``errors``: the statuses that may be answered besides those of every operation. ``headers``: of
    the request. ``answers``: headers of the response, with what they mean.
    """

    summary: str
    scope: Scope | None
    permission: Permission
    returns: Any
    many: bool = False
    status: int = 200
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    errors: tuple[int, ...] = ()
    headers: tuple[Header, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    tag: str = "Tenants"


def operation(**declared: Any) -> Callable[[View], View]:
    """Declares a view of the API; see :class:`Operation`."""
    made = Operation(**declared)

    def declare(view: View) -> View:
        view.operation = made  # type: ignore[attr-defined]
        return for_programs(requires(made.permission)(view))

    return declare
