"""The names in an entry's `changes` that are not fields of a tenant: label and audience."""

from typing import NamedTuple

from sqlalchemy import inspect

from webui.core.catalogue import FIELDS
from webui.core.field_types import Audience
from webui.models import User
from webui.models.columns import Audited


class Listed(NamedTuple):
    """The label of a name in `changes`, as ``group: words``, and who may see its values."""

    label: str
    audience: Audience


_STAFF, _OWNER = Audience.STAFF, Audience.OWNER
_OF_ACCOUNTS = {
    column.name: Listed(f"Account: {column.name.replace('_', ' ')}", _OWNER)
    for column in inspect(User).columns
    if column.info["audit"] is not Audited.DERIVED and column.name not in FIELDS
}
OTHER_FIELDS: dict[str, Listed] = {
    "onboarded_at": Listed("Onboarding finished", _OWNER),
    "webhook_secret_previous": Listed("Old webhook secret", _OWNER),
    "webhook_secret_previous_until": Listed("Old webhook secret valid until", _OWNER),
    "user": Listed("Account: which", _OWNER),
    "password": Listed("Account: password", _OWNER),
    "ended_sessions": Listed("Account: sessions ended", _OWNER),
    "authenticator": Listed("Account: authenticator app", _OWNER),
    "passkeys": Listed("Account: passkeys", _OWNER),
    "link": Listed("Link: kind", _OWNER),
    "valid_until": Listed("Link: valid until", _OWNER),
    "token": Listed("API token: name", _OWNER),
    "token_id": Listed("API token: which", _OWNER),
    "token_purpose": Listed("API token: purpose", _OWNER),
    "token_scopes": Listed("API token: scopes", _OWNER),
    "token_expires_at": Listed("API token: valid until", _OWNER),
    "revoked_tokens": Listed("API token: revoked together", _OWNER),
    "factor": Listed("Session: second factor", _STAFF),
    "reset_link_by": Listed("Session: reset link by", _STAFF),
    "erased": Listed("Erased: values", _OWNER),
    "erased_of": Listed("Erased: from", _OWNER),
    "erased_field": Listed("Erased: field", _OWNER),
    "filter": Listed("Export: filter", _STAFF),
    "format": Listed("Export: format", _STAFF),
    "page": Listed("Denied: page", _STAFF),
    "answer": Listed("Denied: answer", _STAFF),
    "object": Listed("Denied: for which id", _STAFF),
    "more": Listed("Denied: how often more", _STAFF),
    "attempts": Listed("Denied: which of those first", _STAFF),
    "events": Listed("Webhook: events", _OWNER),
    "month": Listed("Usage: month", _OWNER),
    "usage_cents": Listed("Usage: amount", _OWNER),
    "calls": Listed("Usage: calls", _OWNER),
    "minutes": Listed("Usage: minutes", _OWNER),
    "reverts": Listed("Undo: of which entry", _OWNER),
    **_OF_ACCOUNTS,
}


def owner_fields() -> list[str]:
    """What of `changes` an owner may see: fields of the tenant, and other names."""
    fields = [name for name, field in FIELDS.items() if field.use.is_for(False)]
    return [*fields, *(name for name in OTHER_FIELDS if listed_for_owners(name))]


def listed_for_owners(name: str) -> bool:
    """Whether an owner may see the name; an undeclared one is for staff only."""
    listed = OTHER_FIELDS.get(name)
    return listed is not None and listed.audience is Audience.OWNER
