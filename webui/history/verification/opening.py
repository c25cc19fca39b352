"""Decrypts sealed values of the history and of tenants, and compares them with the digests.

Only the main process has the keys; the second one only collects the values to be opened.
"""

import base64
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection, select

from webui.core.extensions import keyring
from webui.crypto import blind_index
from webui.crypto.keyring import KeyMissing, KeyRing, SecretError
from webui.history.checkpoints.problems import Problem
from webui.history.record import bodies, chain
from webui.history.record.actions import Action
from webui.history.verification.checks import Note
from webui.history.verification.row_problems import contradicted, unopened
from webui.history.verification.sealed_values import Value
from webui.models import AuditEntry, AuditSealed, Tenant
from webui.models.columns import Encrypted

_ENCRYPTED: dict[str, Encrypted] = {
    name: attribute for name, attribute in vars(Tenant).items() if isinstance(attribute, Encrypted)
}


class Held(NamedTuple):
    """A sealed column of a tenant: the row's id, the stored text, and its blind index.

    ``seq`` and ``entry`` (its id) are of the newest entry about the column. ``said`` is the sealed
    value of that entry, which the column must equal, and ``digest`` the digest in the entry. Both
    are None for a secret, whose value is in no entry; ``said`` also after an erasure.
    """

    row: str
    column: str
    stored: str
    blind: str | None
    seq: int
    entry: str
    said: str | None
    digest: str | None


@dataclass
class Erasures:
    """The recorded erasures: (id of an entry or tenant, field or None for all) -> seq.

    An erasure covers the entries before its own; the seq is that of the newest erasure.
    """

    _until: dict[tuple[str | None, str | None], int] = field(default_factory=dict)

    @classmethod
    def read(cls, connection: Connection) -> "Erasures":
        """Reads all erasures. They are few, because only people make them."""
        query = select(AuditEntry.seq, AuditEntry.body).order_by(AuditEntry.seq)
        until: dict[tuple[str | None, str | None], int] = {}
        for seq, body in connection.execute(query.where(AuditEntry.action == Action.AUDIT_ERASED)):
            said = bodies.read_body(body)["changes"]
            until[_new(said, "erased_of"), _new(said, "erased_field")] = seq
        return cls(until)

    def cover(self, value: Value) -> bool:
        """Whether an erasure of the value is recorded."""
        places = [(of, name) for of in (value.entry, value.tenant) for name in (value.field, None)]
        return any(self._until.get((of, name), 0) > value.seq for of, name in places)


def _new(changes: dict[str, list[str | None]], name: str) -> str | None:
    return changes.get(name, [None, None])[1]


@dataclass
class Opener:
    """Opens and compares values; ``missing``: error message -> number of values without a key."""

    erasures: Erasures
    missing: Counter[str] = field(default_factory=Counter)
    ring: KeyRing = field(default_factory=keyring)

    @property
    def problems(self) -> Iterator[Problem]:
        """The problems of values that could not be compared, one for each missing key."""
        for why, count in self.missing.items():
            text = f"{count:,} sealed value(s) could not be compared: {why}. {_OLD_RING}"
            yield Problem("key", None, None, text)

    def judge(self, values: Iterable[Value]) -> Iterator[Note]:
        """Yields the problems of sealed values of the history."""
        for value in values:
            if value.stored is None:
                if not self.erasures.cover(value):
                    yield Note("nulled", value.seq, value.seq, value.field)
            elif not self._agrees(value, value.stored):
                yield Note("sealed", value.seq, value.seq, value.field)

    def _agrees(self, value: Value, stored: str) -> bool:
        """Whether a value has its digest; True, and counted, when its key is missing."""
        try:
            salt, text = self._salted(stored, (value.entry, value.field, value.side))
        except KeyMissing as error:
            self.missing[str(error)] += 1
            return True
        except (SecretError, ValueError):
            return False
        return chain.sealed_digest(salt, text) == value.digest

    def judge_rows(self, held: Iterable[Held]) -> Iterator[Problem]:
        """Yields the problems of sealed columns of tenants."""
        for one in held:
            try:
                value = _ENCRYPTED[one.column].open(one.stored, (one.row,), self.ring)
                yield from self._row(one, value)
            except KeyMissing as error:
                self.missing[str(error)] += 1
            except SecretError:
                yield unopened(one.row, one.column)

    def _row(self, held: Held, value: str) -> Iterator[Problem]:
        if held.said is not None and not self._equals(held, held.said, value):
            yield contradicted("tenants", held.row, held.column, held.seq, held.entry)
        attribute = _ENCRYPTED[held.column]
        if attribute.index and held.blind != self._index(attribute, held, value):
            yield contradicted("tenants", held.row, attribute.index, held.seq, held.entry)

    def _equals(self, held: Held, said: str, value: str) -> bool:
        """Whether a value has the digest in the history; True when it cannot be compared.

        One that does not open is reported as a problem of the history.
        """
        try:
            salt, _ = self._salted(said, (held.entry, held.column, "new"))
        except (SecretError, ValueError):
            return True
        return chain.sealed_digest(salt, value) == held.digest

    def _salted(self, stored: str, place: tuple[str, str, str]) -> tuple[bytes, str]:
        """Returns salt and value. Raises SecretError, and ValueError for a text that is no pair."""
        salt, _, text = AuditSealed.salted.open(stored, place, self.ring).partition(".")
        return base64.urlsafe_b64decode(salt), text

    def _index(self, attribute: Encrypted, held: Held, value: str) -> str:
        """Returns the correct blind index of a value, with the key that the stored index names."""
        kid = (held.blind or "").split(".")[1:2]
        key = attribute.key(value)
        return blind_index.index(self.ring, key, "tenants", attribute.name, *kid)


_OLD_RING = (
    "Verify with the whole key ring; a process that was started before a key was added has to be"
    " started again."
)
