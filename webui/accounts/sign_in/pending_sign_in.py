"""A pending sign-in between password and code, stored in the signed cookie.

It gives no access. It names the account for ten minutes, and is invalid once the password changes,
the account is disabled or its tenant blocked (checked again with the code).
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import session as cookie

from webui.accounts.sessions import sessions
from webui.core.extensions import keyring
from webui.models import User
from webui.models.columns import now

LASTS = timedelta(minutes=10)
_KEY = "half"


@dataclass(frozen=True)
class PendingSignIn:
    """A sign-in without its second step. ``again``: the previous session was the same person's."""

    user_id: UUID
    tag: str
    again: bool

    def fits(self, user: User) -> bool:
        """Whether the password is still the one that was checked."""
        return hmac.compare_digest(self.tag, tag_of(user))


def begin_pending(user: User) -> None:
    """Records that the password was correct; the previous session stays until the code."""
    again = sessions.current_person_id() == user.id
    cookie[_KEY] = [user.id.hex, tag_of(user), again, int(now().timestamp())]


def pending(at: datetime | None = None) -> PendingSignIn | None:
    """Returns the browser's pending sign-in; None when there is none or it is too old."""
    try:
        user_id, tag, again, since = cookie[_KEY]
        age = (at or now()).timestamp() - since
        pending_step = PendingSignIn(UUID(user_id), str(tag), bool(again))
    except (KeyError, TypeError, ValueError):
        return None
    return pending_step if 0 <= age < LASTS.total_seconds() else None


def end_pending() -> None:
    """Removes the pending sign-in."""
    cookie.pop(_KEY, None)


def tag_of(user: User) -> str:
    """Returns a keyed digest that changes with the password hash and reveals nothing of it."""
    ring = keyring()
    subkey = ring.subkey(ring.primary, "half-sign-in", "users", "password_hash")
    return hmac.digest(subkey, user.password_hash.encode(), "sha256").hex()
