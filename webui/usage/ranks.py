"""The rank of a tenant: the share of the call limit that it used, as the list is sorted by."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, update

from webui.core.extensions import db
from webui.models import UsageRank
from webui.models.tenant.usage import usage_rank

_RANKS = UsageRank.__table__
_SET = (
    update(_RANKS)  # type: ignore[arg-type]
    .where(_RANKS.c.tenant_id == bindparam("row"))
    .values(usage_rank=bindparam("rank"))
)


class Used(NamedTuple):
    """The calls of a tenant in the current month, and its limit."""

    tenant_id: UUID
    calls: int
    limit: int


def set_ranks(month: str, used: Sequence[Used]) -> None:
    """Stores the ranks of tenants in the current month."""
    rows = [{"row": one.tenant_id, "rank": usage_rank(month, one.calls, one.limit)} for one in used]
    if rows:
        db.session.connection().execute(_SET, rows)
