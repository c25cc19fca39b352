"""Notices about the own account: shown on every page until they are dismissed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask_login import current_user
from sqlalchemy import Select, select

from webui.accounts.factors.required import must_enrol
from webui.core.extensions import db, write_transaction
from webui.core.permissions import Permission, may
from webui.models import AccountNotice
from webui.models.columns import now
from webui.models.notice import NoticeKind

SHOWN_FOR = timedelta(days=90)
"""How long the account page shows a notice, dismissed or not."""
_OTHERS_ENDED = "All other sessions were signed out."
_WORDS = {
    NoticeKind.AUTHENTICATOR_ADDED: f"An authenticator app was added. {_OTHERS_ENDED}",
    NoticeKind.AUTHENTICATOR_REMOVED: f"The authenticator app was removed. {_OTHERS_ENDED}",
    NoticeKind.PASSKEY_ADDED: f"A passkey was added. {_OTHERS_ENDED}",
    NoticeKind.PASSKEY_REMOVED: f"A passkey was removed. {_OTHERS_ENDED}",
    NoticeKind.RECOVERY_CODES: f"New recovery codes were created. {_OTHERS_ENDED}",
    NoticeKind.FACTORS_REMOVED: "The second factors of this account were removed by {}.",
    NoticeKind.PASSWORD_RESET: "A new password was set with a reset link from {}.",
}
_TEAM = "the support team"


@dataclass(frozen=True)
class Notice:
    """A notice: text and time."""

    id: UUID
    words: str
    at: datetime


def add(user_id: UUID, kind: NoticeKind, issuer: str | None = None) -> None:
    """Adds a notice in the current transaction; ``issuer`` is the colleague who
    caused it, if any.
    """
    db.session.add(AccountNotice(user_id, kind, issuer))


def undismissed() -> list[Notice]:
    """Returns the current person's notices that are not dismissed, newest first."""
    shown = current_user.is_authenticated and current_user.has_notice and not must_enrol()
    if not shown:
        return []
    query = _own().where(AccountNotice.dismissed_at.is_(None))
    return [_notice(row) for row in db.session.scalars(query)]


def lately() -> list[Notice]:
    """Returns the current person's notices within SHOWN_FOR."""
    query = _own().where(AccountNotice.at > now() - SHOWN_FOR)
    return [_notice(row) for row in db.session.scalars(query)]


def dismiss(user_id: UUID, ids: Collection[UUID]) -> None:
    """Hides these notices from every page."""
    with write_transaction():
        query = select(AccountNotice).where(AccountNotice.user_id == user_id)
        for row in db.session.scalars(query.where(AccountNotice.id.in_(ids))):
            row.dismissed_at = row.dismissed_at or now()


def _own() -> Select[AccountNotice]:
    return (
        select(AccountNotice)
        .where(AccountNotice.user_id == current_user.id)
        .order_by(AccountNotice.at.desc())
    )


def _notice(row: AccountNotice) -> Notice:
    who = row.issuer if row.issuer and may(Permission.SEE_STAFF) else _TEAM
    return Notice(row.id, _WORDS[NoticeKind(row.kind)].format(who), row.at)
