"""Search for accounts: the filters in the URL, the search text, and one page of rows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select

from webui.core.extensions import db
from webui.core.permissions import Role
from webui.models import Tenant, User, UserSession
from webui.models.columns import starts_with
from webui.models.user import NO_PASSWORD, AccountState, account_state
from webui.tenants.search.search import BadFilter
from webui.tenants.search.search_terms import without_index
from webui.users.scope import IS_OWNER, visible
from webui.users.template_filters import STATE_LABELS
from webui.values import account_key, question, sort_range
from webui.web.paging import PAGE_SIZE, Keyset, Page

_USERNAME_KEY = User.__table__.c.username_key
BY_NAME = Keyset("username", (User.username_sort,))
# With more matches than this, not all of them are sorted for a page of the list.
_FEW_MATCHES = 500
_UUID = re.compile(r"(?<![0-9a-f-])[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f-])")
# A constant in the SQL text, because a partial index is not used for a bound parameter.
_INVITED: ColumnElement[bool] = User.password_hash == literal_column(f"'{NO_PASSWORD}'")
_STATES = {
    AccountState.ACTIVE: and_(User.active, ~_INVITED),
    AccountState.INVITED: and_(User.active, _INVITED),
    AccountState.DISABLED: ~User.active,
}
_COLUMNS = (
    User.id,
    User.username,
    User.email,
    User.role,
    User.active,
    _INVITED.label("invited"),
    User.tenant_id,
    Tenant.name.label("tenant_name"),
)


@dataclass(frozen=True)
class Filters:
    """The filters of the list. Empty text means: not filtered."""

    q: str = ""
    role: str = ""
    state: str = ""

    @classmethod
    def from_url(cls, arguments: Mapping[str, str]) -> "Filters":
        """Parse the URL's parameters.

        Raises BadFilter, because a list that ignores a wrong filter misleads.
        """
        chosen = cls(*(question(arguments.get(name, "")) for name in ("q", "role", "state")))
        for name, known in (("role", set(Role)), ("state", set(AccountState))):
            value = getattr(chosen, name)
            if value and value not in known:
                raise BadFilter(f"There is no {name} of that name. Remove it from the address.")
        if "\0" in chosen.q:
            raise BadFilter("The search contains a character that cannot be in a name.")
        return chosen

    def arguments(self, **changes: str | None) -> dict[str, str]:
        """Returns the URL parameters of these filters, with changes."""
        values = {"q": self.q, "role": self.role, "state": self.state} | changes
        return {name: value for name, value in values.items() if value}

    @property
    def chips(self) -> list[tuple[str, str]]:
        """(parameter, text) of each active filter, to remove them one by one."""
        words = {
            "q": f"“{self.q}”",
            "role": f"Role: {Role(self.role).label}" if self.role else "",
            "state": STATE_LABELS[AccountState(self.state)] if self.state else "",
        }
        return [(name, words[name]) for name in words if getattr(self, name)]


@dataclass(frozen=True)
class Found:
    """A row of the list."""

    user: Any
    state: AccountState
    last_used: datetime | None


@dataclass(frozen=True)
class Listing(Page[Found]):
    """A page of the list; ``broad`` if there were so many matches that only usernames count."""

    broad: bool = False


def find_users(filters: Filters, after: str | None, before: str | None) -> Listing:
    """Returns one page of accounts by username. Raises paging.BadCursor."""
    query: Any = select(*_COLUMNS).outerjoin(Tenant, Tenant.id == User.tenant_id)
    query = query.where(visible())
    if filters.role:
        is_owner = filters.role == Role.OWNER
        query = query.where(IS_OWNER if is_owner else User.role == filters.role)
    if filters.state:
        query = query.where(_STATES[AccountState(filters.state)])
    broad = False
    if filters.q:
        matches, broad = _matches(filters.q)
        query = query.where(matches)
    page = BY_NAME.page(query, PAGE_SIZE, after, before)
    used = last_used([row.id for row in page.rows])
    rows = [
        Found(row, account_state(row.active, not row.invited), used.get(row.id))
        for row in page.rows
    ]
    return Listing(rows, page.after, page.before, broad)


def last_used(ids: list[UUID]) -> dict[UUID, datetime]:
    """Returns when each account was last used; accounts that were never used are left out."""
    query = (
        select(UserSession.user_id, func.max(UserSession.last_used_at))
        .where(UserSession.user_id.in_(ids))
        .group_by(UserSession.user_id)
    )
    return {row[0]: row[1] for row in db.session.execute(query)}


def _matches(words: str) -> tuple[ColumnElement[bool], bool]:
    """Matches an id (also inside a pasted URL), or the beginning of a username or e-mail.

    With very many matches only usernames are searched, because they are in the list's order:
    sorting all matches for one page would take most of a second. The second value is then True.
    """
    key = account_key(words)
    found = _UUID.search(key)
    if found:
        return User.id == UUID(found.group()), False
    either = or_(*(starts_with(column, key) for column in (User.username_key, User.email_key)))
    some = select(User.id).where(either).limit(_FEW_MATCHES + 1).subquery()
    count = db.session.scalars(select(func.count()).select_from(some)).one()
    return (_named(key), True) if count > _FEW_MATCHES else (either, False)


def _named(key: str) -> ColumnElement[bool]:
    """Matches the beginning of a username, along the index that the list is sorted by."""
    first, end = sort_range(key)
    in_range = and_(User.username_sort >= first, User.username_sort < end)
    return in_range & starts_with(without_index(_USERNAME_KEY), key)
