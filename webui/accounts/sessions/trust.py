"""Whether an account is what the product saved, asked before it gives access to anything.

An account that somebody changed, copied or made in the database is answered like a wrong
password; who runs the console finds it in the log, and on the account's page.
"""

import logging
from uuid import UUID

from webui.core.extensions import db
from webui.models import User
from webui.models.seals import user_seals

_log = logging.getLogger(__name__)


def fault(user: User) -> str | None:
    """What of the account does not match its row seal, its history or its second factors."""
    return user_seals.find_mismatch(db.session.connection(), user.id, user)


def is_sealed(user: User) -> bool:
    """Whether the row alone matches its seal, which asks the database nothing."""
    return not is_refused(user.id, user_seals.mismatch(user.id, user, user.seal_entry))


def is_trusted(user: User) -> bool:
    """Whether the account may give access; the log says when it may not."""
    return not is_refused(user.id, fault(user))


def is_refused(user_id: UUID, found: str | None) -> bool:
    """Whether there is such a fault; says so in the log."""
    if found is not None:
        _log.warning("account %s is refused: it does not match its seal: %s", user_id, found)
    return found is not None
