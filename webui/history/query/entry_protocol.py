"""What pages ask of an entry, whether it comes as an object or as a row of columns."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from webui.models import AuditEntry


class Entry(Protocol):
    """An entry, of which these columns are known."""

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
"""What a row must have to be one."""
