"""Between password and code: who has given the right password, kept in the signed cookie.

It opens nothing. It names the account for ten minutes, and is void once the password changes,
the account is disabled or its tenant blocked (judged again with the code).
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
class Half:
    """A sign-in that lacks its second step. ``again``: the session before was the same person's."""

    user_id: UUID
    tag: str
    again: bool

    def fits(self, user: User) -> bool:
        """Whether the password is still the one that was given."""
        return hmac.compare_digest(self.tag, tag_of(user))


def begin_pending(user: User) -> None:
    """Notes that the password was right; what the cookie held before stays until the code."""
    again = sessions.current_person_id() == user.id
    cookie[_KEY] = [user.id.hex, tag_of(user), again, int(now().timestamp())]


def pending(at: datetime | None = None) -> Half | None:
    """The browser's half sign-in, unless there is none or it is too old."""
    try:
        user_id, tag, again, since = cookie[_KEY]
        age = (at or now()).timestamp() - since
        half = Half(UUID(user_id), str(tag), bool(again))
    except (KeyError, TypeError, ValueError):
        return None
    return half if 0 <= age < LASTS.total_seconds() else None


def end_pending() -> None:
    """Starts over."""
    cookie.pop(_KEY, None)


def tag_of(user: User) -> str:
    """Stands for the password hash without telling anything of it."""
    ring = keyring()
    subkey = ring.subkey(ring.primary, "half-sign-in", "users", "password_hash")
    return hmac.digest(subkey, user.password_hash.encode(), "sha256").hex()
