"""Revokes an account's links, and finds who issued the one that set its current password."""

from sqlalchemy import select

from webui.core.extensions import db
from webui.models import AccountLink, User
from webui.models.columns import now


def void_links(user: User) -> None:
    """Revokes every open link of the account, in the current transaction."""
    query = select(AccountLink).where(
        AccountLink.user_id == user.id, AccountLink.ended_at.is_(None)
    )
    for link in db.session.scalars(query.with_for_update()):
        link.revise_sealed(ended_at=now())


def reset_by(user: User) -> str | None:
    """Returns who issued the reset link that set the account's current password, or None.

    Links with a wrong seal do not count, because someone changed them in the database.
    """
    query = select(AccountLink).where(AccountLink.user_id == user.id, AccountLink.set_password)
    return next((link.issued_by for link in db.session.scalars(query) if link.is_genuine()), None)


def forget_reset(user: User) -> None:
    """Records, in the current transaction, that no link set the account's current password."""
    query = select(AccountLink).where(AccountLink.user_id == user.id, AccountLink.set_password)
    for link in db.session.scalars(query.with_for_update()):
        link.revise_sealed(set_password=False)
