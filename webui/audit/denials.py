"""Recording of denied access and of reading the history, without an entry for each click.

Entries cannot be deleted, so no one may be able to fill the history: within a minute, one person's
denials make at most ``_APART`` entries over all pages. Each of the first attempts (a page with the
id in its URL) is recorded at once. Further attempts are only counted in a separate table and then
recorded as one entry, "n more", that names the first pages and ids: by the person's next denial
after that minute, or else by the worker.
"""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, or_, select
from sqlalchemy.exc import IntegrityError

from webui.core.extensions import db, write_transaction
from webui.history.record.actions import Action, Outcome, Source
from webui.history.record.actor import Actor
from webui.history.record.log import record
from webui.jobs import Run, job
from webui.models import DailyMark, DeniedAttempts, User
from webui.models.columns import Audited, now
from webui.models.tenant.tenant import Change

FOLDED = timedelta(minutes=1)
"""For how long further denials are only counted."""
_APART = 10
"""How many attempts within that time get their own entry."""
_NAMED = 20
"""How many of the further attempts are named."""
_KEPT = 2
"""How many days a daily mark is stored."""
_PLACE_LENGTH = 200


def denied(actor: Actor, page: str, thing: str | None, status: int) -> None:
    """Records or counts a denial of ``page`` for the object ``thing``; ``status`` is 403 or 404."""
    attempted: dict[str, str | int] = {"page": page[:_PLACE_LENGTH], "answer": status}
    if thing:
        attempted["object"] = thing
    try:
        _count(actor, attempted)
    except IntegrityError:
        # Two first denials at the same moment: the other transaction made the counter.
        _count(actor, attempted)


def _count(actor: Actor, attempted: dict[str, str | int]) -> None:
    assert actor.id
    with write_transaction():
        row = db.session.get(DeniedAttempts, UUID(actor.id), with_for_update=True)
        if row is None or not row.since <= now() < row.since + FOLDED:
            row = _new_minute(row, UUID(actor.id))
        row.address = actor.address
        attempt = " ".join(str(value) for value in attempted.values())
        earlier = row.told.splitlines()
        if attempt in earlier or len(earlier) >= _APART:
            row.more += 1
            row.folded = _append_line(row.folded, attempt, _NAMED)
            return
        row.told = _append_line(row.told, attempt, _APART)
        _record(actor, attempted)


def _append_line(lines: str, line: str, most: int) -> str:
    """Returns the lines with a new one added, unless it is present or there are ``most``."""
    known = lines.splitlines()
    return lines if line in known or len(known) >= most else "\n".join([*known, line])


def _new_minute(row: DeniedAttempts | None, user_id: UUID) -> DeniedAttempts:
    """Returns the counter for a new minute; records what the previous minute counted."""
    if row:
        _record_more(row)
    else:
        row = DeniedAttempts(user_id=user_id)
        db.session.add(row)
    row.since, row.more, row.told, row.folded = now(), 0, "", ""
    return row


def _record_more(row: DeniedAttempts) -> None:
    if not row.more:
        return
    user = db.session.get_one(User, row.user_id)
    person = Actor(
        "user", str(user.id), user.username, user.role, Source.UI, None, row.address, None
    )
    _record(person, {"more": row.more, "attempts": row.folded.splitlines()})


def _record(actor: Actor, attempted: Mapping[str, str | int | list[str]]) -> None:
    changes = [Change(name, Audited.PLAIN, None, value) for name, value in attempted.items()]
    record(Action.ACCESS_DENIED, actor, changes=changes, outcome=Outcome.DENIED)


def _ended() -> ColumnElement[bool]:
    """Matches ended minutes, and those that start in the future after a clock change."""
    at = now()
    return or_(DeniedAttempts.since < at - FOLDED, DeniedAttempts.since > at + FOLDED)


def has_ended() -> bool:
    """Whether any counter's minute has ended."""
    return db.session.scalar(select(exists().where(_ended()))) is True


@job("denied", every=timedelta(seconds=5), pending=has_ended)
def record_ended(_run: Run) -> bool:
    """Records and deletes the counters whose minute has ended."""
    with write_transaction():
        query = select(DeniedAttempts).where(_ended()).order_by(DeniedAttempts.since).limit(100)
        rows = db.session.scalars(query.with_for_update()).all()
        for row in rows:
            _record_more(row)
            db.session.delete(row)
    return bool(rows)


def first_today(actor: Actor, action: Action) -> None:
    """Records an action when it is the person's first one on this day (UTC)."""
    assert actor.id
    day = now().date()
    key = (UUID(actor.id), action.value, day.isoformat())
    if db.session.get(DailyMark, key):
        return
    try:
        with write_transaction():
            oldest = (day - timedelta(days=_KEPT)).isoformat()
            db.session.execute(
                delete(DailyMark).where(DailyMark.user_id == key[0], DailyMark.day < oldest)
            )
            db.session.add(DailyMark(user_id=key[0], what=key[1], day=key[2]))
            record(action, actor)
    except IntegrityError:
        # Two first readings at the same moment: the other transaction recorded it.
        return
