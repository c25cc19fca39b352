"""Recording who was turned away and who read the history, without an entry for each click.

The first denial of a person at a place is an entry at once, and so is the first one there
for each id, so that no attempt hides behind another. Further ones within a minute are counted
beside the history, which is append-only, and told by one more entry, "n more": by the next
denial after that minute or else by the worker.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, or_, select
from sqlalchemy.exc import IntegrityError

from webui.audit.actions import Action, Outcome, Source
from webui.audit.log import Actor, record
from webui.extensions import db, write_transaction
from webui.jobs import Run, job
from webui.models import DailyMark, DeniedAttempts, User
from webui.models.columns import Audited, now
from webui.models.tenant import Change

FOLDED = timedelta(minutes=1)
"""How long further denials are only counted."""
_APART = 20
"""For how many ids at a place within that time a denial is an entry of its own."""
_KEPT = 2
"""Days for which marks are kept."""
_PLACE_LENGTH = 200


def denied(actor: Actor, page: str, thing: str | None, status: int) -> None:
    """Records or counts a denial: of what page, for which thing, by 403 or 404."""
    assert actor.id
    key = (UUID(actor.id), page[:_PLACE_LENGTH], status)
    try:
        _count(actor, key, thing)
    except IntegrityError:
        # Two at once, both the first: the other one told it.
        _count(actor, key, thing)


def _count(actor: Actor, key: tuple[UUID, str, int], thing: str | None) -> None:
    with write_transaction():
        row = db.session.get(DeniedAttempts, key, with_for_update=True)
        if row and row.since <= now() < row.since + FOLDED:
            row.address = actor.address
            if not _is_another(row, thing):
                row.more += 1
                return
        else:
            row = _anew(row, key)
            row.since, row.more, row.objects, row.address = now(), 0, "", actor.address
        told: dict[str, str | int] = {"page": key[1], "answer": key[2]}
        if thing:
            row.objects = f"{row.objects} {thing}".strip()
            told["object"] = thing
        _record(actor, told)


def _is_another(row: DeniedAttempts, thing: str | None) -> bool:
    """Whether the denial is for an id that got no entry yet, and may get one."""
    known = row.objects.split()
    return thing is not None and thing not in known and len(known) < _APART


def _anew(row: DeniedAttempts | None, key: tuple[UUID, str, int]) -> DeniedAttempts:
    if row:
        _tell_more(row)
        return row
    user_id, page, status = key
    row = DeniedAttempts(user_id=user_id, page=page, status=status)
    db.session.add(row)
    return row


def _tell_more(row: DeniedAttempts) -> None:
    if not row.more:
        return
    user = db.session.get_one(User, row.user_id)
    person = Actor(
        "user", str(user.id), user.username, user.role, Source.UI, None, row.address, None
    )
    _record(person, {"page": row.page, "answer": row.status, "more": row.more})


def _record(actor: Actor, told: dict[str, str | int]) -> None:
    changes = [Change(name, Audited.PLAIN, None, value) for name, value in told.items()]
    record(Action.ACCESS_DENIED, actor, changes=changes, outcome=Outcome.DENIED)


def _over() -> ColumnElement[bool]:
    """Also what is told to begin later: the clock was put back."""
    at = now()
    return or_(DeniedAttempts.since < at - FOLDED, DeniedAttempts.since > at + FOLDED)


def is_over() -> bool:
    """Whether the minute of some denial is over."""
    return db.session.scalar(select(exists().where(_over()))) is True


@job("denied", every=timedelta(seconds=5), pending=is_over)
def tell_what_is_over(_run: Run) -> bool:
    """Tells what was counted in minutes that are over, and forgets it."""
    with write_transaction():
        query = select(DeniedAttempts).where(_over()).order_by(DeniedAttempts.since).limit(100)
        rows = db.session.scalars(query.with_for_update()).all()
        for row in rows:
            _tell_more(row)
            db.session.delete(row)
    return bool(rows)


def first_today(actor: Actor, action: Action) -> None:
    """Records what a person did for the first time on this day (UTC); nothing after that."""
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
        # Two at once: the other one recorded it.
        return
