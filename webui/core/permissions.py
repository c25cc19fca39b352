"""Roles and permissions: who may do what. A route that declares no permission is denied.

Routes declare ``@requires(Permission.X)`` or ``@public``; templates call ``may(...)``. Both
read the table ROLES.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from flask import abort, current_app, g, request
from flask_login import current_user


class Role(StrEnum):
    """The roles of DESIGN 2.5: label, explanation for the admin who assigns it, is it staff."""

    SUPPORT = "support", "Support", "finds and changes tenants, gives owners a reset link", True
    ADMIN = "admin", "Admin", "what support may, and accounts, keys and exports", True
    AUDITOR = "auditor", "Auditor", "reads everything but SIP identities, changes nothing", True
    OWNER = "owner", "Owner", "a customer: sees and changes one organisation", False

    label: str
    meaning: str
    is_staff: bool

    def __new__(cls, value: str, *declared: Any) -> "Role":
        """Raises ValueError, which stops the start, when a role lacks a part."""
        role = str.__new__(cls, value)
        role._value_ = value
        role.label, role.meaning, role.is_staff = declared
        return role


STAFF = frozenset(role for role in Role if role.is_staff)


class Permission(StrEnum):
    """Everything that a route or a template can require."""

    SIGNED_IN = "be signed in"
    MAKE_TOKENS = "make API tokens"
    LIST_TENANTS = "find tenants"
    VIEW_TENANT = "open a tenant"
    EDIT_ORGANISATION = "change a tenant's organisation"
    EDIT_BILLING = "change a tenant's plan and limits"
    EDIT_SIP = "change a tenant's SIP settings"
    EDIT_FEATURES = "change a tenant's recording and analytics"
    EDIT_COMPLIANCE = "change a tenant's compliance settings"
    EDIT_WEBHOOK = "change a tenant's webhook"
    SEE_STAFF_FIELDS = "see what of a tenant is for staff only"
    EDIT_STAFF_FIELDS = "change what of a tenant is for staff only"
    GIVE_REASON = "say why a tenant is changed"
    EXCEED_PLAN = "exceed the ceilings of a plan"
    CHANGE_STATUS = "change a tenant's status"
    CREATE_TENANT = "create a tenant"
    SEE_IDENTITIES = "see SIP identities and webhook addresses"
    ONBOARD = "set up their own organisation in the wizard"
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
    SEE_TOKENS = "see and revoke everybody's API tokens"
    REPORT_USAGE = "report the usage of tenants"
    CONFIGURE = "see which settings are missing"


SECTION_EDITS = {
    "organisation": Permission.EDIT_ORGANISATION,
    "billing": Permission.EDIT_BILLING,
    "sip": Permission.EDIT_SIP,
    "features": Permission.EDIT_FEATURES,
    "compliance": Permission.EDIT_COMPLIANCE,
    "webhook": Permission.EDIT_WEBHOOK,
}
"""Section -> the permission to change it."""

_EVERYONE = {
    Permission.SIGNED_IN,
    Permission.MAKE_TOKENS,
    Permission.VIEW_TENANT,
    Permission.VIEW_HISTORY,
}
_SUPPORT = _EVERYONE | {
    *SECTION_EDITS.values(),
    Permission.LIST_TENANTS,
    Permission.SEE_STAFF_FIELDS,
    Permission.EDIT_STAFF_FIELDS,
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
    Permission.REPORT_USAGE,
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
    Permission.SEE_TOKENS,
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
            Permission.SEE_STAFF_FIELDS,
            Permission.LIST_USERS,
            Permission.SEE_COLLEAGUES,
            Permission.VIEW_ALL_HISTORY,
            Permission.VIEW_KEYS,
            Permission.PROVE_HISTORY,
        }
    ),
    Role.OWNER: frozenset(
        _EVERYONE | {*SECTION_EDITS.values(), Permission.SEE_IDENTITIES, Permission.ONBOARD}
    ),
}


@dataclass(frozen=True)
class ByArgument:
    """A permission that depends on an argument of the URL."""

    argument: str
    permission: Callable[[Any], Permission]


View = TypeVar("View", bound=Callable[..., Any])
_PUBLIC = "public"


def allows(role: Role | str, permission: Permission) -> bool:
    """Whether the role has the permission."""
    return permission in ROLES[Role(role)]


def may(permission: Permission) -> bool:
    """Whether the person of the current request has the permission."""
    # Templates call this a hundred times a page, so the result is kept for the request.
    held: frozenset[Permission] | None = g.get("held_permissions")
    if held is None:
        signed_in = current_user.is_authenticated
        held = g.held_permissions = ROLES[Role(current_user.role)] if signed_in else frozenset()
    return permission in held


def requires(permission: Permission) -> Callable[[View], View]:
    """Declares the permission of a view; :func:`enforce` checks it before the view runs."""

    def declare(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return declare


def requires_of(argument: str, permission: Callable[[Any], Permission]) -> Callable[[View], View]:
    """Declares that the permission of a view depends on an argument of its URL."""

    def declare(view: View) -> View:
        view.permission = ByArgument(argument, permission)  # type: ignore[attr-defined]
        return view

    return declare


def edit_permission(section: object) -> Permission:
    """Returns the permission to change a section. Raises KeyError for an undeclared section."""
    return SECTION_EDITS[str(section)]


def public(view: View) -> View:
    """Declares a view that is open to everyone, also without signing in."""
    view.permission = _PUBLIC  # type: ignore[attr-defined]
    return view


def declared(endpoint: str, arguments: Mapping[str, Any] | None = None) -> Permission | str | None:
    """Returns the permission of the endpoint with these URL arguments; None when undeclared."""
    permission = getattr(current_app.view_functions.get(endpoint), "permission", None)
    if isinstance(permission, ByArgument):
        value = (arguments or {}).get(permission.argument)
        return None if value is None else permission.permission(value)
    return permission


def may_open(endpoint: str, arguments: Mapping[str, Any] | None = None) -> bool:
    """Whether the person of the current request may open the endpoint with these arguments."""
    permission = declared(endpoint, arguments)
    return permission == _PUBLIC or (isinstance(permission, Permission) and may(permission))


def enforce() -> Any:
    """Before every request: checks that the person is signed in and has the permission.

    Checked before any record is read, so a 403 does not reveal which records exist. A view
    without a declaration is denied (ASVS 5.0 8.2.1, 8.3.1).
    """
    if request.endpoint is None:
        # No such page (404) or method (405): Flask answers, the same for everyone.
        return None
    permission = declared(request.endpoint, request.view_args)
    if permission == _PUBLIC:
        return None
    if not current_user.is_authenticated:
        return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
    if not may_open(request.endpoint, request.view_args):
        abort(403)
    return None
