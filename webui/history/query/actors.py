"""Who appears in the history, for its filter: by id, by username, or the machine itself."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select

from webui.core.extensions import db
from webui.models import AuditEntry, User
from webui.models.columns import starts_with

KINDS = {"cli": "Commands on the server", "system": "The system itself"}
"""Actors without an account."""
_FEW = 8


@dataclass(frozen=True)
class Person:
    """Somebody to pick: the filter's value, what they are called, their role."""

    value: str
    name: str
    role: str


def as_uuid(value: str) -> UUID | None:
    """The id that a text is, or None."""
    try:
        return UUID(value)
    except ValueError:
        return None


def resolve_actor(value: str) -> str | None:
    """The filter's value of an id, a kind or a username; None for nobody.

    A kind before the account that somebody named like it: people are picked by their id.
    """
    if value in KINDS:
        return value
    found = as_uuid(value)
    if found:
        return str(found) if name_of(str(found)) else None
    key = User.username_key == value.casefold()
    account = db.session.scalars(select(User.id).where(key)).first()
    return str(account) if account else None


def name_of(value: str) -> str | None:
    """What somebody is called: by the account, else as the newest entry has it."""
    found = as_uuid(value)
    if found is None:
        return KINDS.get(value)
    account = db.session.scalars(select(User.username).where(User.id == found)).first()
    if account:
        return account
    entries = select(AuditEntry.actor_name).where(AuditEntry.actor_id == str(found))
    return db.session.scalars(entries.order_by(AuditEntry.seq.desc()).limit(1)).first()


def search(typed: str) -> list[Person]:
    """The machine, and a few people whose username or e-mail begins like that."""
    key = typed.strip().casefold()
    if not key:
        return []
    begins = [starts_with(column, key) for column in (User.username_key, User.email_key)]
    query = select(User).where(or_(*begins)).order_by(User.username_key).limit(_FEW)
    people = [Person(str(u.id), u.username, u.role) for u in db.session.scalars(query)]
    return [*_kinds(key), *people]


def _kinds(key: str) -> list[Person]:
    """The actors without an account that have a word which begins like that."""
    return [
        Person(kind, label, "no account")
        for kind, label in KINDS.items()
        if any(word.startswith(key) for word in (kind, *label.casefold().split()))
    ]
