"""The keys with their states, and the number of values that use each key."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from webui.core.extensions import db
from webui.crypto.keyring import KeyRing
from webui.models import EncryptionKey
from webui.models.columns import now
from webui.models.seals.sealed_columns import KeyedColumn, key_of, keyed_columns


class State(StrEnum):
    """The state of a key, from this database and the key ring of this process."""

    PRIMARY = "primary"
    DECRYPT_ONLY = "decrypt only"
    MISSING = "missing from the ring"
    RETIRED = "retired"


@dataclass(frozen=True)
class KeyState:
    """A key with its state, its age and the values that use it.

    ``added_at``: None for a key of the ring that is not registered in the database yet. ``more``:
    there are more values than were counted.
    """

    kid: str
    state: State
    added_at: datetime | None
    retired_at: datetime | None
    values: int
    more: bool = False

    @property
    def age(self) -> str:
        """The time in use, in days; empty for a key that is not registered."""
        if self.added_at is None:
            return ""
        days = (now() - self.added_at).days
        return "today" if not days else "1 day old" if days == 1 else f"{days:,} days old"


def states(ring: KeyRing, most: int | None = None) -> list[KeyState]:
    """Returns every key of the ring or the database, oldest first.

    ``most`` limits the count per column, for a page; without it the count is exact.
    """
    known = {key.kid: key for key in db.session.scalars(select(EncryptionKey))}
    found = [_state(kid, known.get(kid), ring, most) for kid in {*known, *ring.ids}]
    # Keys that are not registered yet are the newest.
    return sorted(found, key=lambda k: (k.added_at is None, k.added_at, k.kid))


def _state(kid: str, key: EncryptionKey | None, ring: KeyRing, most: int | None) -> KeyState:
    counts = [_count(place, encrypted_with(place, kid), most) for place in keyed_columns()]
    return KeyState(
        kid=kid,
        state=_word(kid, key, ring),
        added_at=key.added_at if key else None,
        retired_at=key.retired_at if key else None,
        values=sum(counts),
        more=most is not None and max(counts) > most,
    )


def _word(kid: str, key: EncryptionKey | None, ring: KeyRing) -> State:
    if key and key.retired_at:
        return State.RETIRED
    if kid not in ring.ids:
        return State.MISSING
    return State.PRIMARY if kid == ring.primary else State.DECRYPT_ONLY


def encrypted_with(place: KeyedColumn, kid: str) -> ColumnElement[bool]:
    """Returns the condition for rows whose value is encrypted with a key."""
    return key_of(place.column) == kid


def index_behind(place: KeyedColumn, kid: str) -> ColumnElement[bool]:
    """Returns the condition for rows of which only the blind index uses a key."""
    return and_(key_of(place.index) == kid, key_of(place.column) != kid)


def uses_of_key(place: KeyedColumn, kid: str) -> list[ColumnElement[bool]]:
    """Returns the conditions for rows that use a key; a row meets at most one of them."""
    found = [encrypted_with(place, kid)]
    return [*found, index_behind(place, kid)] if place.index is not None else found


def count_uses(kids: Iterable[str]) -> int:
    """Returns the exact number of values, blind indexes and row seals that use one of the keys."""
    return sum(
        _count(place, condition)
        for kid in kids
        for place in keyed_columns()
        for condition in uses_of_key(place, kid)
    )


def _count(place: KeyedColumn, condition: Any, most: int | None = None) -> int:
    rows = select(place.key[0]).where(condition)
    if most is not None:
        rows = rows.limit(most + 1)
    return db.session.scalar(select(func.count()).select_from(rows.subquery())) or 0
