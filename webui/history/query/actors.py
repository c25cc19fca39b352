"""The actors for the history's filter: accounts by id or username, commands, the system."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select

from webui.core.extensions import db
from webui.models import AuditEntry, User
from webui.models.columns import starts_with
from webui.values import account_key

KINDS = {"cli": "Commands on the server", "system": "The system itself"}
"""Actors without an account."""
_FEW = 8


@dataclass(frozen=True)
class Person:
    """An actor to choose: the filter's value, the name, and the role."""

    value: str
    name: str
    role: str


def as_uuid(value: str) -> UUID | None:
    """Returns the text as a UUID, or None when it is not one."""
    try:
        return UUID(value)
    except ValueError:
        return None


def resolve_actor(value: str) -> str | None:
    """Returns the filter's value for an id, a kind or a username; None for an unknown actor.

    A kind wins over an account with the same username, which can be chosen by its id.
    """
    if value in KINDS:
        return value
    found = as_uuid(value)
    if found:
        return str(found) if name_of(str(found)) else None
    key = User.username_key == account_key(value)
    account = db.session.scalars(select(User.id).where(key)).first()
    return str(account) if account else None


def name_of(value: str) -> str | None:
    """Returns the name of an actor: of the account, or else from its newest entry."""
    found = as_uuid(value)
    if found is None:
        return KINDS.get(value)
    account = db.session.scalars(select(User.username).where(User.id == found)).first()
    if account:
        return account
    entries = select(AuditEntry.actor_name).where(AuditEntry.actor_id == str(found))
    return db.session.scalars(entries.order_by(AuditEntry.seq.desc()).limit(1)).first()


def search(typed: str) -> list[Person]:
    """Returns matching kinds, and a few people whose username or e-mail starts with the text."""
    key = account_key(typed)
    if not key:
        return []
    begins = [starts_with(column, key) for column in (User.username_key, User.email_key)]
    query = select(User).where(or_(*begins)).order_by(User.username_sort).limit(_FEW)
    people = [Person(str(u.id), u.username, u.role) for u in db.session.scalars(query)]
    return [*_kinds(key), *people]


def _kinds(key: str) -> list[Person]:
    """Returns the actors without an account that have a word which starts with ``key``."""
    return [
        Person(kind, label, "no account")
        for kind, label in KINDS.items()
        if any(word.startswith(key) for word in (kind, *label.casefold().split()))
    ]
