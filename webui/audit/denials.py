"""Recording who was turned away and who read the history, without an entry for each click.

The history cannot be deleted, so nobody may fill it: within a minute a person's denials are
``_APART`` entries at most, over all pages together. Each of the first attempts (a page, with the
id that the address names) is an entry at once; all further ones are counted beside the history
and told by one more entry, "n more", that names the first pages and ids among them: by the next
denial after that minute or else by the worker.
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
"""How long further denials are only counted."""
_APART = 10
"""How many attempts within that time get an entry of their own."""
_NAMED = 20
"""How many of the further ones are named."""
_KEPT = 2
"""Days for which marks are kept."""
_PLACE_LENGTH = 200


def denied(actor: Actor, page: str, thing: str | None, status: int) -> None:
    """Records or counts a denial: of what page, for which thing, by 403 or 404."""
    told: dict[str, str | int] = {"page": page[:_PLACE_LENGTH], "answer": status}
    if thing:
        told["object"] = thing
    try:
        _count(actor, told)
    except IntegrityError:
        # Two at once, both the first: the other one told it.
        _count(actor, told)


def _count(actor: Actor, told: dict[str, str | int]) -> None:
    assert actor.id
    with write_transaction():
        row = db.session.get(DeniedAttempts, UUID(actor.id), with_for_update=True)
        if row is None or not row.since <= now() < row.since + FOLDED:
            row = _anew(row, UUID(actor.id))
        row.address = actor.address
        attempt = " ".join(str(value) for value in told.values())
        earlier = row.told.splitlines()
        if attempt in earlier or len(earlier) >= _APART:
            row.more += 1
            row.folded = _with(row.folded, attempt, _NAMED)
            return
        row.told = _with(row.told, attempt, _APART)
        _record(actor, told)


def _with(lines: str, line: str, most: int) -> str:
    """The lines and one more, unless it is there already or there are ``most``."""
    known = lines.splitlines()
    return lines if line in known or len(known) >= most else "\n".join([*known, line])


def _anew(row: DeniedAttempts | None, user_id: UUID) -> DeniedAttempts:
    """The counter at the beginning of a minute; what the one before counted is told."""
    if row:
        _tell_more(row)
    else:
        row = DeniedAttempts(user_id=user_id)
        db.session.add(row)
    row.since, row.more, row.told, row.folded = now(), 0, "", ""
    return row


def _tell_more(row: DeniedAttempts) -> None:
    if not row.more:
        return
    user = db.session.get_one(User, row.user_id)
    person = Actor(
        "user", str(user.id), user.username, user.role, Source.UI, None, row.address, None
    )
    _record(person, {"more": row.more, "attempts": row.folded.splitlines()})


def _record(actor: Actor, told: Mapping[str, str | int | list[str]]) -> None:
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
