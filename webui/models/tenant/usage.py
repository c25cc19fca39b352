"""A tenant's usage of the platform per calendar month (UTC), and its share of the call limit."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from webui.core.extensions import Model
from webui.core.field_types import MAX_SAFE_INTEGER
from webui.models.columns import UTCDateTime

THRESHOLDS = (80, 100)
"""The percentages of the monthly call limit that a tenant is told of."""
_LANES = ("billing_plan", "status", "onboarding_open")
_PERCENTS = 1_000_000_000
"""How many percentages a month has in a rank; a higher one counts as the highest."""


class TenantUsage(Model):
    """Usage of one month. Written by metering only, outside version and history."""

    __tablename__ = "tenant_usage"
    __table_args__ = (
        CheckConstraint("length(month) = 7", name="month_limits"),
        CheckConstraint("usage_cents >= 0 AND calls >= 0 AND minutes >= 0", name="positive"),
    )

    tenant_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("tenants.id"), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    usage_cents: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    calls: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    minutes: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class UsageRank(Model):
    """The share of the call limit that a tenant has used, as the list is sorted by it.

    One row for each tenant, made by a trigger of tenants, which also copies the columns that the
    list is narrowed by (webui/models/triggers/usage.py). A narrow table of its own, because
    metering changes thousands of rows at once: in tenants each would renew every index.
    """

    __tablename__ = "usage_ranks"
    __table_args__ = (
        Index("ix_usage_ranks_usage_rank", "usage_rank", "tenant_id"),
        Index("ix_usage_ranks_lanes", *_LANES, "usage_rank", "tenant_id"),
    )

    tenant_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("tenants.id"), primary_key=True)
    usage_rank: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    billing_plan: Mapped[str] = mapped_column(String(100))
    status: Mapped[str] = mapped_column(String(20))
    onboarding_open: Mapped[bool]


class UsageThreshold(Model):
    """When a tenant's calls first reached a percentage of the limit in a month."""

    __tablename__ = "usage_thresholds"
    __table_args__ = (
        CheckConstraint("length(month) = 7", name="month_limits"),
        CheckConstraint("threshold > 0", name="positive"),
    )

    tenant_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("tenants.id"), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    threshold: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    reached_at: Mapped[datetime] = mapped_column(UTCDateTime)


def month_of(at: date) -> str:
    """Returns the key of the month of a day or time, such as ``2026-11``."""
    return at.strftime("%Y-%m")


def is_cap(limit: int) -> bool:
    """Whether a monthly call limit bounds anything."""
    return limit < MAX_SAFE_INTEGER


def share_used(calls: int, limit: int) -> int | None:
    """Returns calls as a percentage of the limit, rounded down; None without a cap.

    Of a limit of 0, which allows no call, any call is more than everything.
    """
    if not is_cap(limit):
        return None
    return calls * 100 // limit if limit else calls and _PERCENTS


def thresholds_reached(calls: int, limit: int) -> list[int]:
    """Returns the thresholds that the calls of a month have reached."""
    share = share_used(calls, limit)
    return [threshold for threshold in THRESHOLDS if share is not None and share >= threshold]


def usage_rank(month: str, calls: int, limit: int) -> int:
    """Returns what the list is sorted by: month and share used as one number, 0 without a cap.

    A rank of an earlier month is below every one of a later month, so nothing has to be
    written when a month begins.
    """
    share = share_used(calls, limit)
    return 0 if share is None else rank_from(month, share)


def rank_from(month: str, share: int) -> int:
    """Returns the rank of a share of a month: the least one of all that have used so much."""
    year, number = map(int, month.split("-"))
    return (year * 12 + number) * _PERCENTS + min(share, _PERCENTS - 1)
