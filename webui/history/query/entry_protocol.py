"""The attributes of an entry that pages use, for both model objects and rows of columns."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from webui.models import AuditEntry


class Entry(Protocol):
    """An entry, as an object or a row with these columns."""

    seq: int
    id: UUID
    at: datetime
    outcome: str
    source: str
    reason: str | None
    address: str | None
    body: str
    actor_type: str
    actor_name: str | None
    actor_role: str | None
    tenant_version: int | None


COLUMNS = [AuditEntry.__table__.c[name] for name in Entry.__annotations__]
"""The columns to select for an Entry."""
