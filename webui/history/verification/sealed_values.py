"""Finds the sealed values of the history, and the digests in their entries (DESIGN 2.6).

The second process, which has no keys, uses `digests` and `looked_up`. Opening and comparing the
values is in `opening`.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, not_, or_, select

from webui.core.catalogue import FIELDS
from webui.core.field_types import Sealed
from webui.history.checkpoints.problems import MOST, Problem
from webui.history.verification import raw_rows
from webui.history.verification.checks import Note
from webui.history.verification.quick_check import Ids
from webui.models import AuditEntry, AuditSealed

MARK = '{"sealed":"'
"""The text by which an entry with digests of sealed values is recognised."""
SEALED_FIELDS = [name for name, spec in FIELDS.items() if isinstance(spec, Sealed)]
SIDES = ("old", "new")
Place = tuple[str, str]


class Holder(NamedTuple):
    """An entry with digests: its seq, its own and its tenant's id as stored, and its body."""

    seq: int
    entry: str
    tenant: str | None
    body: str


class Value(NamedTuple):
    """A sealed value of an entry, with its required digest; ``stored`` is None after an erasure.

    ``entry`` and ``tenant`` are ids with dashes.
    """

    seq: int
    entry: str
    tenant: str | None
    field: str
    side: str
    stored: str | None
    digest: str


def looked_up(
    connection: Connection, holders: Sequence[Holder], ids: Ids
) -> tuple[list[Value], list[Note]]:
    """Returns the sealed values of entries, and notes on missing and superfluous ones."""
    values, notes = [], []
    by_entry = {holder.entry: (holder, digests(holder.body)) for holder in holders}
    for entry, field, side, stored in raw_rows.raw_sealed(connection, by_entry):
        holder, wanted = by_entry[entry]
        digest = wanted.pop((field, side), None)
        if digest is None:
            notes.append(Note("sealed", holder.seq, holder.seq, str(field)))
            continue
        tenant = holder.tenant and ids.told(holder.tenant)
        place = (holder.seq, ids.told(entry), tenant, field, side)
        values.append(Value(*place, stored, digest))
    for holder, wanted in by_entry.values():
        # The remaining digests have no sealed value.
        notes += [Note("sealed", holder.seq, holder.seq, name) for name, _ in wanted]
    return values, notes


def digests(text: str) -> dict[Place, str]:
    """Returns the digests in the body of an entry, by field and side."""
    try:
        changes = orjson.loads(text)["changes"]
        pairs = [(name, changes[name]) for name in SEALED_FIELDS if name in changes]
        sides = [((n, side), pair[i]) for n, pair in pairs for i, side in enumerate(SIDES)]
        return {place: value["sealed"] for place, value in sides if isinstance(value, dict)}
    except (ValueError, KeyError, TypeError, IndexError):
        # A malformed body, which `checks` reports.
        return {}


def strays(connection: Connection) -> Iterator[Problem]:
    """Yields up to MOST sealed values of missing entries, or of entries without digests."""
    query = (
        select(AuditEntry.seq, AuditSealed.field)
        .select_from(AuditSealed)
        .outerjoin(AuditEntry, AuditEntry.id == AuditSealed.entry)
        .where(or_(AuditEntry.seq.is_(None), not_(AuditEntry.body.contains(MARK, autoescape=True))))
        .order_by(AuditEntry.seq)
        .limit(MOST)
    )
    for row in connection.execute(query):
        yield _stray(*row)


def _stray(seq: int | None, name: str) -> Problem:
    which = "an entry that is not there" if seq is None else f"entry {seq:,}, which has none"
    return Problem("stray", seq, seq, f"There is a sealed value in {name} of {which}.")
