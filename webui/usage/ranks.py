"""The rank of a tenant: the share of the call limit that it used, as the list is sorted by."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, update

from webui.core.extensions import db
from webui.models import Tenant
from webui.models.tenant.usage import usage_rank

_TENANTS = Tenant.__table__
# The column follows from usage and limit, so it stands in no entry and raises no version.
_SET = (
    update(_TENANTS)  # type: ignore[arg-type]
    .where(_TENANTS.c.id == bindparam("tenant_id"))
    .values(usage_rank=bindparam("rank"))
)


class Used(NamedTuple):
    """The calls of a tenant in the current month, and its limit."""

    tenant_id: UUID
    calls: int
    limit: int


def set_ranks(month: str, used: Sequence[Used], before: Mapping[UUID, int]) -> None:
    """Stores the ranks that differ from those before."""
    ranks = {one.tenant_id: usage_rank(month, one.calls, one.limit) for one in used}
    changed = [
        {"tenant_id": tenant_id, "rank": rank}
        for tenant_id, rank in ranks.items()
        if rank != before[tenant_id]
    ]
    if changed:
        db.session.connection().execute(_SET, changed)
