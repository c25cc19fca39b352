"""One-use WebAuthn challenges, bound to the browser that asked for them.

The signed cookie holds the newest one, for five minutes and one purpose. Answering it takes it
out of the cookie and notes its hash in the database, so that a copied cookie cannot answer it
again (WebAuthn 2, 13.4.3).
"""

import base64
import hashlib
from datetime import timedelta

from flask import session as cookie
from sqlalchemy import delete

from webui.core.extensions import db
from webui.models import UsedChallenge
from webui.models.columns import now

LASTS = timedelta(minutes=5)
_KEY = "challenge"


def new_challenge(challenge: bytes, purpose: str) -> None:
    """Binds a challenge to this browser; ``purpose`` says what may be answered with it."""
    text = base64.urlsafe_b64encode(challenge).decode()
    cookie[_KEY] = [text, purpose, int(now().timestamp())]


def take(purpose: str) -> bytes | None:
    """The browser's challenge for the purpose, which is gone then; None without a fresh one."""
    try:
        text, stored, since = cookie.pop(_KEY)
        challenge = base64.urlsafe_b64decode(text)
        age = now().timestamp() - since
    except (KeyError, TypeError, ValueError):
        return None
    fresh = stored == purpose and 0 <= age < LASTS.total_seconds()
    return challenge if fresh else None


def use_up(challenge: bytes) -> bool:
    """Notes in the current write transaction that it was answered; False when it had been.

    Two at the same moment end in an IntegrityError for one of them.
    """
    at = now()
    db.session.execute(delete(UsedChallenge).where(UsedChallenge.expires_at < at))
    hashed = hashlib.sha256(challenge).hexdigest()
    if db.session.get(UsedChallenge, hashed):
        return False
    db.session.add(UsedChallenge(challenge_hash=hashed, expires_at=at + 2 * LASTS))
    db.session.flush()
    return True
