"""One-use WebAuthn challenges, bound to the browser that requested them.

The signed cookie contains the newest challenge, for five minutes and one purpose. A response
removes it from the cookie and stores its hash in the database, so that a copied cookie cannot be
used again (WebAuthn 2, 13.4.3).
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
    """Binds a challenge to this browser; ``purpose`` is what it may be used for."""
    text = base64.urlsafe_b64encode(challenge).decode()
    cookie[_KEY] = [text, purpose, int(now().timestamp())]


def take(purpose: str) -> bytes | None:
    """Removes and returns the browser's challenge; None unless it is recent and for the purpose."""
    try:
        text, stored, since = cookie.pop(_KEY)
        challenge = base64.urlsafe_b64decode(text)
        age = now().timestamp() - since
    except (KeyError, TypeError, ValueError):
        return None
    fresh = stored == purpose and 0 <= age < LASTS.total_seconds()
    return challenge if fresh else None


def use_up(challenge: bytes) -> bool:
    """Records in the current write transaction that a challenge was used; False if it was before.

    Of two at the same moment, one raises IntegrityError.
    """
    at = now()
    db.session.execute(delete(UsedChallenge).where(UsedChallenge.expires_at < at))
    hashed = hashlib.sha256(challenge).hexdigest()
    if db.session.get(UsedChallenge, hashed):
        return False
    db.session.add(UsedChallenge(challenge_hash=hashed, expires_at=at + 2 * LASTS))
    db.session.flush()
    return True
