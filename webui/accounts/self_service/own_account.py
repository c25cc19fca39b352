"""Operations on one's own account: preferences, password, sessions."""

from typing import Any
from uuid import UUID

from webui.accounts import password_rule, passwords, reset_links
from webui.accounts.password_check import WrongPassword, check_password
from webui.accounts.sessions import sessions
from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action
from webui.history.record.actor import Actor
from webui.history.record.log import record
from webui.models import User
from webui.models.columns import Audited, now
from webui.models.tenant.tenant import Change
from webui.values import Refused


def change_preferences(user_id: UUID, actor: Actor, **values: Any) -> bool:
    """Sets ``time_zone``, ``theme`` or ``shortcuts``; returns False when nothing changes."""
    if "time_zone" in values:
        values["time_zone_chosen"] = True
    with write_transaction():
        user = db.session.get_one(User, user_id, with_for_update=True)
        changes = [
            Change(name, Audited.PLAIN, getattr(user, name), value)
            for name, value in values.items()
            if getattr(user, name) != value
        ]
        for change in changes:
            setattr(user, change.field, change.new)
        if changes:
            user.updated_at = now()
            record(Action.USER_PREFERENCES, actor, subject=user, changes=changes)
    return bool(changes)


def change_password(
    user_id: UUID, current: str, password: str, actor: Actor, keep: str | None
) -> sessions.Kept:
    """Sets a new password; ends the account's sessions and invalidates its open links.

    ``keep`` is the token hash of the session that continues, under a new token. Raises
    WrongPassword, throttle.TooMany, and values.Refused for a new password that breaks the rule.
    """
    stored = check_password(user_id, current, actor)
    user = db.session.get_one(User, user_id)
    password_rule.check_password_rule(password, password_rule.Holder.of(user))
    if passwords.prepared(password) == passwords.prepared(current):
        raise Refused("This is the password you have now. Choose another.")
    hashed = passwords.hash_password(password)
    with write_transaction():
        user = db.session.get_one(User, user_id, with_for_update=True)
        if user.password_hash != stored:
            # Another request was faster: the password that was typed is no longer the current one.
            raise WrongPassword
        user.password_hash = hashed
        user.updated_at = now()
        reset_links.void_links(user)
        reset_links.forget_reset(user)
        kept = sessions.keep_only(user, keep)
        changes = [Change("password", Audited.EVENT, "", "")]
        if kept.ended:
            changes.append(Change("ended_sessions", Audited.PLAIN, None, kept.ended))
        record(Action.USER_PASSWORD, actor, subject=user, changes=changes)
    return kept


def end_own_session(user_id: UUID, public_id: str, actor: Actor) -> bool:
    """Ends one of the account's sessions; returns False when there is no such open session."""
    with write_transaction():
        user = db.session.get_one(User, user_id)
        for session in sessions.open_sessions(user_id, now()):
            if sessions.public_id(session.token_hash) == public_id:
                sessions.end_session(session.token_hash)
                _record_ended(user, 1, actor)
                return True
    return False


def end_other_sessions(user_id: UUID, keep: str | None, actor: Actor) -> int:
    """Ends all sessions of the account except one; returns how many."""
    with write_transaction():
        user = db.session.get_one(User, user_id)
        ended = sessions.end_sessions(user, but=keep)
        if ended:
            _record_ended(user, ended, actor)
    return ended


def _record_ended(user: User, count: int, actor: Actor) -> None:
    change = Change("ended_sessions", Audited.PLAIN, None, count)
    record(Action.USER_SESSIONS, actor, subject=user, changes=[change])
