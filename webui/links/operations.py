"""Operations on links: staff issue them, and the person uses one once.

A token is 256 random bits and appears only in the link; the database stores a keyed hash. It is
not sent by e-mail, and not written to logs or the history. A link is valid once, until it
expires, a newer one replaces it, or its account is disabled. Opening a link's page does not use
it up, because mail scanners and chat previews open links.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import joinedload

from webui.accounts import passwords
from webui.accounts.api_tokens import operations as api_tokens
from webui.accounts.factors import notices
from webui.accounts.reset_links import forget_reset, void_links
from webui.accounts.sessions import sessions, trust
from webui.core.extensions import db, secret_key, write_transaction
from webui.core.limits import Status
from webui.crypto import tokens
from webui.history.record.actions import Action
from webui.history.record.actor import Actor
from webui.history.record.log import record
from webui.models import AccountLink, User
from webui.models.columns import Audited, now
from webui.models.link import LIFETIMES, LinkKind
from webui.models.notice import NoticeKind
from webui.models.tenant.tenant import Change
from webui.models.user import NO_PASSWORD, Proof
from webui.rate_limits import throttle, try_limits

_TOKEN_BYTES = 32


class Gone(Exception):
    """The link is not valid: used, replaced, expired, or never issued, without saying which."""


@dataclass(frozen=True)
class Issued:
    """A new link, shown once to the person who requested it. ``repr`` omits the token."""

    kind: LinkKind
    token: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"<Issued {self.kind}>"


@dataclass(frozen=True)
class Chosen:
    """The result of choosing a password: the token of a session, or None to sign in as usual."""

    user: User
    session: str | None


def kind_for(user: User) -> LinkKind:
    """Returns INVITATION for an account without a password, RESET for one with a password."""
    return LinkKind.INVITATION if user.password_hash == NO_PASSWORD else LinkKind.RESET


def issue_link_for(user: User, actor: Actor) -> Issued:
    """Adds a link for the account in the current transaction; revokes older ones."""
    void_links(user)
    kind, at = kind_for(user), now()
    issued = Issued(kind, secrets.token_urlsafe(_TOKEN_BYTES), at + LIFETIMES[kind])
    link = AccountLink(
        token_hash=_hash(issued.token),
        user_id=user.id,
        kind=kind.value,
        created_at=at,
        expires_at=issued.expires_at,
        issued_by=actor.name,
        set_password=False,
    )
    link.sign()
    db.session.add(link)
    return issued


def open_link(user_id: UUID) -> AccountLink | None:
    """Returns the account's valid link, or None."""
    query = select(AccountLink).where(AccountLink.user_id == user_id, _usable())
    return next((link for link in db.session.scalars(query) if link.is_genuine()), None)


def user_of_link(kind: LinkKind, token: str) -> User:
    """Returns the account that may choose a password with the link. Raises Gone."""
    return _find(kind, token).user


def _find(kind: LinkKind, token: str) -> AccountLink:
    query: Any = (
        select(AccountLink)
        .options(joinedload(AccountLink.user).joinedload(User.tenant))
        .where(AccountLink.token_hash == _hash(token), _usable())
        .where(AccountLink.kind == kind)
    )
    link: AccountLink | None = db.session.scalars(query).first()
    if (
        link is None
        or not link.is_genuine()
        or not link.user.active
        or not trust.is_trusted(link.user)
    ):
        raise Gone
    return link


def _hash(token: str) -> str:
    return tokens.token_hash(secret_key(), "link", token)


def count_link_try(actor: Actor) -> None:
    """Counts a try before the link is checked, against guessing. Raises throttle.TooMany."""
    throttle.consume(_counters(actor), actor)


def forgive_try(actor: Actor) -> None:
    """Removes the counted try of a valid link."""
    with write_transaction():
        throttle.refund(_counters(actor))


def choose_password(
    kind: LinkKind, token: str, password: str, actor: Actor, replaces: str | None = None
) -> Chosen:
    """Uses the link: sets the password; ends the account's sessions, other links and API tokens.

    An invitation also signs in; the account then has neither a password nor a second factor. A
    reset link never signs in. ``replaces``: the token hash of the browser's present session,
    which ends with the sign-in. Raises Gone, also for the second of two simultaneous uses.
    """
    user_id = user_of_link(kind, token).id
    # Hashing is slow by design: never inside the write transaction.
    hashed = passwords.hash_password(password)
    with write_transaction():
        user = db.session.get(User, user_id, with_for_update=True)
        # Checked again under the account's lock: only one of two simultaneous uses succeeds.
        link = _find(kind, token)
        if user is None or link.user_id != user_id:
            raise Gone
        had_one = user.password_hash != NO_PASSWORD
        user.password_hash = hashed
        user.updated_at = now()
        void_links(user)
        _note_reset(user, link)
        # Whoever knew the password that is replaced could have made tokens.
        revoked = api_tokens.revoke_all(user)
        ended = sessions.end_sessions(user)
        throttle.refund(_counters(actor))
        person = replace(actor, id=str(user.id), name=user.username, role=user.role)
        _record(user, kind, had_one, [*_count_of(ended), *revoked], person)
        session = None if had_one else _sign_in(user, person, replaces)
    return Chosen(user, session)


def _note_reset(user: User, link: AccountLink) -> None:
    """Stores who issued the reset link, for the next sign-ins and a notice to the person."""
    forget_reset(user)
    if link.kind == LinkKind.RESET:
        link.revise_sealed(set_password=True)
        notices.add(user.id, NoticeKind.PASSWORD_RESET, link.issued_by)


def _count_of(ended: int) -> list[Change]:
    return [Change("ended_sessions", Audited.PLAIN, None, ended)] if ended else []


def _record(user: User, kind: LinkKind, had_one: bool, taken: list[Change], person: Actor) -> None:
    changes = [
        Change("password", Audited.EVENT, "" if had_one else None, ""),
        Change("link", Audited.PLAIN, None, kind.value),
        *taken,
    ]
    record(Action.USER_PASSWORD_SET, person, tenant=user.tenant, subject=user, changes=changes)


def _sign_in(user: User, person: Actor, replaces: str | None) -> str | None:
    if user.tenant is not None and user.tenant.status == Status.BLOCKED:
        return None
    if replaces:
        sessions.end_session(replaces)
    proofs = frozenset({Proof.INVITATION})
    token = sessions.start_session(user, person.address or "", person.agent or "", proofs)
    record(Action.SIGNED_IN, person)
    return token


def _usable() -> ColumnElement[bool]:
    return and_(AccountLink.ended_at.is_(None), AccountLink.expires_at > now())


def _counters(actor: Actor) -> list[try_limits.Counter]:
    return [try_limits.by_address(try_limits.LINK, actor.address)]
