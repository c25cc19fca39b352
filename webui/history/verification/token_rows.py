"""Finds API tokens that were written around the product, or put back after they were revoked.

A token's seal is keyed, so nobody without the key makes one. But an older row has a valid seal too:
the history says whether it was revoked since.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from webui.crypto import tokens
from webui.history.record.actions import Action
from webui.history.record.bodies import Body, read_body
from webui.models import ApiToken, AuditEntry
from webui.models.seals import user_seals
from webui.models.seals.broken_seals import BATCH, Problem
from webui.models.token_rows import expected_seal

_TOKENS, _ENTRIES = ApiToken.__table__.c, AuditEntry.__table__.c
_ROWS = select(ApiToken.__table__).order_by(_TOKENS.id).limit(BATCH)
_REVOKING = (
    Action.TOKEN_REVOKED,
    Action.USER_DISABLED,
    Action.USER_ENABLED,
    Action.USER_PASSWORD_SET,
    Action.USER_RESEALED,
)
"""The actions whose entries name revoked tokens."""
UNMADE = "no entry says that it was made"


def broken_tokens(connection: Connection) -> Iterator[list[Problem]]:
    """Yields the tokens that do not match their seal or the history, by batches of rows."""
    rows = connection.execute(_ROWS).all()
    while rows:
        entries = _entries(connection, {row.user_id for row in rows})
        faults = ((row.id, _fault(row, entries[row.user_id])) for row in rows)
        yield [Problem(ApiToken.__tablename__, one, words) for one, words in faults if words]
        rows = connection.execute(_ROWS.where(_TOKENS.id > rows[-1].id)).all()


def _fault(row: Any, entries: list[Body]) -> str | None:
    seal = expected_seal(ApiToken.__tablename__, ApiToken.FACTS, row)
    if not tokens.fits(seal, row.seal):
        return user_seals.CHANGED
    since = [number for number, body in enumerate(entries) if _makes(body, row)]
    if not since:
        return UNMADE
    revived = row.ended_at is None and any(_revokes(body, row) for body in entries[since[0] :])
    return user_seals.ROLLED_BACK if revived else None


def _entries(connection: Connection, users: set[UUID]) -> dict[UUID, list[Body]]:
    """Returns account -> the entries that made or may have revoked its tokens, oldest first."""
    query = select(_ENTRIES.subject_id, _ENTRIES.body).where(
        _ENTRIES.subject_id.in_(users), _ENTRIES.action.in_((Action.TOKEN_CREATED, *_REVOKING))
    )
    found = defaultdict(list)
    for row in connection.execute(query.order_by(_ENTRIES.seq)):
        found[row.subject_id].append(read_body(row.body))
    return found


def _makes(body: Body, row: Any) -> bool:
    return body["action"] == Action.TOKEN_CREATED and _is_about(body, row)


def _revokes(body: Body, row: Any) -> bool:
    """Whether an entry revokes the token, by its id or with all of its account by their names."""
    if body["action"] == Action.TOKEN_REVOKED:
        return _is_about(body, row)
    names = body["changes"].get("revoked_tokens", [None, None])[1]
    return isinstance(names, list) and row.name in names


def _is_about(body: Body, row: Any) -> bool:
    return bool(body["changes"].get("token_id", [None, None])[1] == str(row.id))
