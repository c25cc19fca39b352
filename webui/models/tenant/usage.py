"""A tenant's usage of the platform per calendar month (UTC), written by metering."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from webui.core.extensions import Model


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


def month_of(at: datetime) -> str:
    """Returns the key of the month of a time, such as ``2026-11``."""
    return at.strftime("%Y-%m")
