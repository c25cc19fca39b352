"""The scopes of API tokens: what a token may do, within what its account may do."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from webui.core.permissions import Permission, allows


class Scope(StrEnum):
    """A scope: its label, meaning, and the permission that an account needs to use it."""

    TENANTS_READ = (
        *("tenants:read", "Read tenants", "organisations with their settings, status and usage"),
        Permission.VIEW_TENANT,
    )
    TENANTS_WRITE = (
        *("tenants:write", "Change tenants", "settings, status and new ones, as the account may"),
        Permission.EDIT_ORGANISATION,
    )
    USAGE_WRITE = (
        *("usage:write", "Report usage", "monthly figures of calls, minutes and cost"),
        Permission.REPORT_USAGE,
    )
    HISTORY_READ = (
        *("history:read", "Read the history", "what was changed, when and by whom"),
        Permission.VIEW_HISTORY,
    )

    label: str
    meaning: str
    permission: Permission

    def __new__(cls, value: str, *declared: Any) -> "Scope":
        """Raises ValueError, which stops the start, when a scope lacks a part."""
        scope = str.__new__(cls, value)
        scope._value_ = value
        scope.label, scope.meaning, scope.permission = declared
        return scope


def scopes_of_role(role: str) -> list[Scope]:
    """Returns the scopes that tokens of accounts of this role can have."""
    return [scope for scope in Scope if allows(role, scope.permission)]


def scopes_as_text(scopes: Iterable[Scope]) -> str:
    """Returns scopes as the text that a token's row stores."""
    return ",".join(sorted(scopes))


def scopes_of(stored: str) -> frozenset[Scope]:
    """Returns the scopes of a text that :func:`scopes_as_text` made."""
    return frozenset(Scope(word) for word in stored.split(","))
