"""What the person of the request may see of entries, and their sealed values."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select

from webui.core.extensions import read
from webui.core.permissions import Permission, may
from webui.crypto.keyring import SecretError
from webui.history.narrative import sentences
from webui.history.query.entry_protocol import Entry
from webui.history.record.log import open_sealed
from webui.models import AuditSealed

_VALUES = AuditSealed.__table__.c
_SEALED = select(_VALUES.entry, _VALUES.field, _VALUES.side, _VALUES.value).where(
    _VALUES.entry.in_(bindparam("entries", expanding=True))
)


def readers(entries: Sequence[Entry]) -> list[sentences.Reader]:
    """Returns a Reader per entry; sealed values are decrypted only if the reader may see them."""
    alike = sentences.Reader(
        may(Permission.SEE_IDENTITIES), may(Permission.SEE_STAFF_FIELDS), may(Permission.SEE_STAFF)
    )
    opened = _opened(entries) if alike.sees_identities else {}
    return [
        replace(alike, opened=opened[entry.id]) if entry.id in opened else alike
        for entry in entries
    ]


def _opened(entries: Sequence[Entry]) -> dict[UUID, dict[tuple[str, str], str]]:
    """Returns entry id -> its sealed values: decrypted, "erased" or "cannot be read"."""
    ids = [entry.id for entry in entries if '"sealed"' in entry.body]
    result: dict[UUID, dict[tuple[str, str], str]] = defaultdict(dict)
    if not ids:
        return result
    values: Any = read(_SEALED, {"entries": ids})
    for row in values:
        try:
            value = open_sealed(row)
        except SecretError:
            value = sentences.UNREADABLE
        result[row.entry][row.field, row.side] = sentences.ERASED if value is None else value
    return result
