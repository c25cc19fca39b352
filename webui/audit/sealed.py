"""Sealed values of the history against the digests that their entries hold (DESIGN 2.6)."""

import base64
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson
from sqlalchemy import Connection, not_, or_, select
from sqlalchemy.orm import Session

from webui.audit import chain
from webui.audit.checking import Note
from webui.audit.verdict import MOST, Problem
from webui.catalogue import FIELDS
from webui.crypto.keyring import KeyMissing, SecretError
from webui.field_types import Sealed
from webui.models import AuditEntry, AuditSealed

MARK = '{"sealed":"'
"""What the text of an entry with sealed values has in it."""
SEALED_FIELDS = [name for name, spec in FIELDS.items() if isinstance(spec, Sealed)]
_SIDES = ("old", "new")
Place = tuple[str, str]


@dataclass
class Compared:
    """Compares, and counts what it cannot: values whose key is not in the ring, by what says so."""

    unreadable: Counter[str] = field(default_factory=Counter)

    @property
    def notices(self) -> list[str]:
        """What could not be compared."""
        return [
            f"{count:,} sealed value(s) could not be compared: {why}."
            for why, count in self.unreadable.items()
        ]

    def compare(self, connection: Connection, entries: Sequence[tuple[int, str]]) -> list[Note]:
        """What does not hold of entries with digests, given as seq and text.

        A value that was erased agrees with every digest. Needs an application context, whose
        keys open the values.
        """
        told = {seq: _digests(text) for seq, text in entries}
        query = (
            select(AuditEntry.seq, AuditSealed)
            .join(AuditEntry, AuditEntry.id == AuditSealed.entry)
            .where(AuditEntry.seq.between(min(told), max(told)))
        )
        wrong = []
        with Session(connection) as session:
            for seq, row in session.execute(query):
                digest = told.get(seq, {}).pop((row.field, row.side), None)
                # What no entry of these tells of is a stray.
                if seq in told and not self._agrees(row, digest):
                    wrong.append((seq, row.field))
        # Whatever is left has no value beside it.
        wrong += [(seq, name) for seq, places in told.items() for name, _ in places]
        return [Note("sealed", seq, seq, name) for seq, name in sorted(set(wrong))]

    def _agrees(self, row: AuditSealed, digest: str | None) -> bool:
        try:
            salted = row.salted
        except KeyMissing as error:
            self.unreadable[str(error)] += 1
            return digest is not None
        except SecretError:
            return False
        if digest is None or salted is None:
            return digest is not None
        salt, _, value = salted.partition(".")
        try:
            return chain.sealed_digest(base64.urlsafe_b64decode(salt), value) == digest
        except ValueError:
            return False


def _digests(text: str) -> dict[Place, str]:
    """The digests in the text of an entry, by field and side."""
    try:
        changes = orjson.loads(text)["changes"]
        pairs = [(name, changes[name]) for name in SEALED_FIELDS if name in changes]
        sides = [((n, side), pair[i]) for n, pair in pairs for i, side in enumerate(_SIDES)]
        return {place: value["sealed"] for place, value in sides if isinstance(value, dict)}
    except (ValueError, KeyError, TypeError, IndexError):
        # No entry at all, which others say.
        return {}


def strays(connection: Connection) -> list[Problem]:
    """Sealed values of entries that hold no digest, or that are not there."""
    query = (
        select(AuditEntry.seq, AuditSealed.field)
        .select_from(AuditSealed)
        .outerjoin(AuditEntry, AuditEntry.id == AuditSealed.entry)
        .where(or_(AuditEntry.seq.is_(None), not_(AuditEntry.body.contains(MARK, autoescape=True))))
        .order_by(AuditEntry.seq)
        .limit(MOST)
    )
    return [_stray(*row) for row in connection.execute(query)]


def _stray(seq: int | None, name: str) -> Problem:
    which = "an entry that is not there" if seq is None else f"entry {seq:,}, which has none"
    return Problem("stray", seq, seq, f"There is a sealed value in {name} of {which}.")
