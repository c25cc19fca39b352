"""Who may do what: one enum, one table, and the rule that what is not declared is denied.

Routes declare ``@requires(Permission.X)`` or ``@public``; templates ask ``may(...)``. Both
end in :func:`allows`.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from flask import abort, current_app, g, request
from flask_login import current_user


class Role(StrEnum):
    """The roles of DESIGN 2.5."""

    SUPPORT = "support"
    ADMIN = "admin"
    AUDITOR = "auditor"
    OWNER = "owner"


STAFF = frozenset({Role.SUPPORT, Role.ADMIN, Role.AUDITOR})


class Permission(StrEnum):
    """Everything a route or a template can ask for."""

    SIGNED_IN = "be signed in"
    LIST_TENANTS = "find tenants"
    VIEW_TENANT = "open a tenant"
    EDIT_TENANT = "change a tenant"
    SEE_METADATA = "see a tenant's metadata"
    EDIT_METADATA = "change a tenant's metadata"
    GIVE_REASON = "say why a tenant is changed"
    EXCEED_PLAN = "exceed the ceilings of a plan"
    CHANGE_STATUS = "change a tenant's status"
    CREATE_TENANT = "create a tenant"
    SEE_IDENTITIES = "see SIP identities and webhook addresses"
    ONBOARD = "set up the own organisation in the wizard"
    SEARCH_IDENTITIES = "search by SIP identity"
    VIEW_HISTORY = "read a tenant's history"
    VIEW_ALL_HISTORY = "read the whole history"
    REVERT = "undo a change"
    VIEW_KEYS = "see the state of the encryption keys"
    PROVE_HISTORY = "export and verify the history"
    SEE_STAFF = "see which colleague did what, from where and why"
    LIST_USERS = "find accounts"
    SEE_COLLEAGUES = "open colleagues' accounts"
    ISSUE_LINK = "give out a link to choose a password"
    CREATE_USER = "invite people"
    CHANGE_ROLE = "change a colleague's role"
    DISABLE_USER = "disable and enable accounts"
    REVOKE_SESSIONS = "sign other people out"
    RESET_FACTOR = "remove other people's second factor"
    CONFIGURE = "be told what the settings lack"


_EVERYONE = {
    Permission.SIGNED_IN,
    Permission.VIEW_TENANT,
    Permission.VIEW_HISTORY,
}
_SUPPORT = _EVERYONE | {
    Permission.LIST_TENANTS,
    Permission.EDIT_TENANT,
    Permission.SEE_METADATA,
    Permission.EDIT_METADATA,
    Permission.GIVE_REASON,
    Permission.EXCEED_PLAN,
    Permission.CHANGE_STATUS,
    Permission.CREATE_TENANT,
    Permission.SEE_IDENTITIES,
    Permission.SEARCH_IDENTITIES,
    Permission.VIEW_ALL_HISTORY,
    Permission.REVERT,
    Permission.SEE_STAFF,
    Permission.LIST_USERS,
    Permission.ISSUE_LINK,
}
_ADMIN = _SUPPORT | {
    Permission.PROVE_HISTORY,
    Permission.SEE_COLLEAGUES,
    Permission.VIEW_KEYS,
    Permission.CREATE_USER,
    Permission.CHANGE_ROLE,
    Permission.DISABLE_USER,
    Permission.REVOKE_SESSIONS,
    Permission.RESET_FACTOR,
    Permission.CONFIGURE,
}
ROLES: dict[Role, frozenset[Permission]] = {
    Role.SUPPORT: frozenset(_SUPPORT),
    Role.ADMIN: frozenset(_ADMIN),
    Role.AUDITOR: frozenset(
        _EVERYONE
        | {
            Permission.LIST_TENANTS,
            Permission.SEE_STAFF,
            Permission.SEE_METADATA,
            Permission.LIST_USERS,
            Permission.SEE_COLLEAGUES,
            Permission.VIEW_ALL_HISTORY,
            Permission.VIEW_KEYS,
            Permission.PROVE_HISTORY,
        }
    ),
    Role.OWNER: frozenset(
        _EVERYONE | {Permission.EDIT_TENANT, Permission.SEE_IDENTITIES, Permission.ONBOARD}
    ),
}

View = TypeVar("View", bound=Callable[..., Any])
_PUBLIC = "public"


def allows(role: Role | str, permission: Permission) -> bool:
    """Whether the role holds the permission."""
    return permission in ROLES[Role(role)]


def may(permission: Permission) -> bool:
    """Whether the person of the current request holds the permission."""
    # Templates ask a hundred times a page; the answer holds for the request.
    held: frozenset[Permission] | None = g.get("held_permissions")
    if held is None:
        signed_in = current_user.is_authenticated
        held = g.held_permissions = ROLES[Role(current_user.role)] if signed_in else frozenset()
    return permission in held


def requires(permission: Permission) -> Callable[[View], View]:
    """Declares what a view demands; :func:`enforce` judges it before the view runs."""

    def declare(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return declare


def public(view: View) -> View:
    """Declares a view that answers anybody."""
    view.permission = _PUBLIC  # type: ignore[attr-defined]
    return view


def declared(endpoint: str) -> Permission | str | None:
    """What the endpoint's view declares; None when it declares nothing."""
    return getattr(current_app.view_functions.get(endpoint), "permission", None)


def may_open(endpoint: str) -> bool:
    """Whether the person of the current request may open an endpoint."""
    permission = declared(endpoint)
    return permission == _PUBLIC or (isinstance(permission, Permission) and may(permission))


def enforce() -> Any:
    """Before every request: signed in, and the role holds the route's permission.

    Judged before anything is looked up, so a 403 tells nothing about what exists. A view that
    declares nothing is denied (ASVS 5.0 8.2.1, 8.3.1).
    """
    if request.endpoint is None:
        # No such page (404) or method (405): Flask answers, the same for everybody.
        return None
    permission = declared(request.endpoint)
    if permission == _PUBLIC:
        return None
    if not current_user.is_authenticated:
        return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
    if not may_open(request.endpoint):
        abort(403)
    return None
