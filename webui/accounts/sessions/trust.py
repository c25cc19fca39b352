"""Whether an account is as the product saved it, checked before it gives access.

An account that was changed, copied or created in the database is answered like a wrong password;
operators see it in the log and on the account's page.
"""

import logging
from uuid import UUID

from webui.core.extensions import db
from webui.models import User
from webui.models.seals import user_seals

_log = logging.getLogger(__name__)


def fault(user: User) -> str | None:
    """Returns what does not match the row seal, the history or the second factors; or None."""
    return user_seals.find_mismatch(db.session.connection(), user.id, user)


def is_sealed(user: User) -> bool:
    """Whether the row alone matches its seal; needs no query."""
    return not is_refused(user.id, user_seals.mismatch(user.id, user, user.seal_entry))


def is_trusted(user: User) -> bool:
    """Whether the account may give access; logs when it may not."""
    return not is_refused(user.id, fault(user))


def is_refused(user_id: UUID, found: str | None) -> bool:
    """Whether ``found`` is a fault; logs it."""
    if found is not None:
        _log.warning("account %s is refused: it does not match its seal: %s", user_id, found)
    return found is not None
