"""Reported figures of a month, and the verdict on them (independent of the database)."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from webui import values
from webui.core.field_types import MAX_SAFE_INTEGER
from webui.core.limits import REASON

MONTH = r"2[0-9]{3}-(0[1-9]|1[0-2])"
"""The form of a month that can be reported: from 2000-01 on."""


class Amounts(NamedTuple):
    """The figures of one month; the names are those of the columns and of an entry's changes."""

    usage_cents: int
    calls: int
    minutes: int


@dataclass(frozen=True)
class Figures:
    """What a tenant used in a month (``2026-11``, UTC) so far, as metering reports it.

    ``correction``: the figures may be lower than those stored; then a reason is needed.
    """

    tenant_id: UUID
    month: str
    usage_cents: int
    calls: int
    minutes: int
    correction: bool = False
    reason: str | None = None

    @property
    def amounts(self) -> Amounts:
        """The figures alone."""
        return Amounts(self.usage_cents, self.calls, self.minutes)

    @property
    def key(self) -> tuple[UUID, str]:
        """Tenant and month."""
        return self.tenant_id, self.month


class Verdict(StrEnum):
    """What became of a reported row."""

    STORED = "stored"
    CORRECTED = "corrected"
    UNCHANGED = "unchanged"
    NO_TENANT = "no_tenant"
    SHRINKS = "shrinks"
    BAD_MONTH = "bad_month"
    BAD_FIGURE = "bad_figure"
    BAD_REASON = "bad_reason"
    TOO_MANY_CORRECTIONS = "too_many_corrections"


@dataclass(frozen=True)
class Judged:
    """The verdict on a row; ``message`` says why the row was refused and is empty otherwise.

    ``field``: the part of the row that was refused, or None.
    """

    verdict: Verdict
    message: str = ""
    field: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether the figures are stored now."""
        return self.verdict in (Verdict.STORED, Verdict.CORRECTED, Verdict.UNCHANGED)


MOST_CORRECTIONS = 200
"""Corrections in one report: each is an entry, and other changes wait until all are written."""
TOO_MANY = Judged(
    Verdict.TOO_MANY_CORRECTIONS,
    f"A report may contain {MOST_CORRECTIONS} corrections. Send this one in another report.",
    "correction",
)
NO_TENANT = Judged(Verdict.NO_TENANT, "There is no such tenant.", "tenant_id")


def refusal(row: Figures, current_month: str) -> Judged | None:
    """Returns why a row is refused whatever is stored; None when it is not."""
    if not re.fullmatch(MONTH, row.month):
        return Judged(
            Verdict.BAD_MONTH, "Write the month as 2026-11; 2000-01 is the first.", "month"
        )
    if row.month > current_month:
        return Judged(Verdict.BAD_MONTH, "The month is in the future (UTC).", "month")
    for name, amount in row.amounts._asdict().items():
        if type(amount) is not int or not 0 <= amount <= MAX_SAFE_INTEGER:
            words = f"Use a whole number from 0 to {MAX_SAFE_INTEGER:,}."
            return Judged(Verdict.BAD_FIGURE, words, name)
    return _refused_reason(row) if row.correction else None


def _refused_reason(row: Figures) -> Judged | None:
    try:
        values.text(row.reason or "", REASON)
    except values.Refused as refused:
        return Judged(Verdict.BAD_REASON, f"A correction needs a reason. {refused}", "reason")
    return None


def judge(row: Figures, stored: Amounts | None) -> Judged:
    """Returns the verdict on a row of an existing tenant, given what is stored of its month."""
    if stored is None:
        return Judged(Verdict.STORED)
    if row.amounts == stored:
        return Judged(Verdict.UNCHANGED)
    if row.correction:
        return Judged(Verdict.CORRECTED)
    for name, before in stored._asdict().items():
        if getattr(row, name) < before:
            words = (
                f"{before:,} is stored, and figures of a month only grow."
                " To lower one, send a correction with a reason."
            )
            return Judged(Verdict.SHRINKS, words, name)
    return Judged(Verdict.STORED)
