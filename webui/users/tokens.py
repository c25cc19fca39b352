"""Other people's API tokens, for admins: the list of all that work, and revoking one."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from webui.accounts.api_tokens import listing
from webui.accounts.api_tokens import operations as api_tokens
from webui.accounts.api_tokens.listing import Listed
from webui.core.extensions import write_transaction
from webui.core.permissions import Permission
from webui.history.record.actor import Actor
from webui.models import ApiToken, User
from webui.models.columns import now
from webui.users.guards import locked
from webui.users.operations import AccountChange, forget_draft
from webui.web.paging import PAGE_SIZE, Keyset, Page

ENDING_FIRST = Keyset("tokens", (ApiToken.expires_at, ApiToken.id))


@dataclass(frozen=True)
class Held:
    """A token, and the account that it belongs to."""

    token: Listed
    user_id: UUID
    username: str
    role: str


def find_tokens(after: str | None, before: str | None) -> Page[Held]:
    """Returns a page of all tokens that work, the one that ends first at the top.

    A token whose row does not match its seal opens nothing and is left out. Raises BadCursor.
    """
    query: Any = select(ApiToken, User.username, User.role).join(User, User.id == ApiToken.user_id)
    query = query.where(ApiToken.ended_at.is_(None), ApiToken.expires_at > now())
    page = ENDING_FIRST.page(query, PAGE_SIZE, after, before)
    rows = [
        Held(listing.listed(row.ApiToken, row.role), row.ApiToken.user_id, row.username, row.role)
        for row in page.rows
        if row.ApiToken.is_genuine()
    ]
    return Page(rows, page.after, page.before)


def revoke_token(order: AccountChange, token_id: UUID, actor: Actor) -> bool:
    """Revokes a token of another account; returns False when it is not valid any more.

    Raises guards.Refused.
    """
    with write_transaction():
        user = locked(order.user_id, actor, Permission.SEE_TOKENS)
        forget_draft(order, actor)
        return api_tokens.revoke(user, token_id, actor, order.reason)
