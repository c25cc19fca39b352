"""Storing what metering reports: many rows in one transaction, with a verdict for each."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects import sqlite

from webui import values
from webui.core.extensions import db, is_sqlite, write_transaction
from webui.core.limits import REASON
from webui.core.many_ids import ByIds
from webui.history.record.actions import Action
from webui.history.record.actor import Actor
from webui.history.record.log import record
from webui.models import Tenant, TenantUsage
from webui.models.columns import Audited, now
from webui.models.tenant.tenant import Change
from webui.models.tenant.usage import month_of
from webui.usage import figures
from webui.usage.figures import NO_TENANT, Amounts, Figures, Judged, Verdict, judge, refusal
from webui.usage.ranks import Used, set_ranks
from webui.usage.thresholds import record_reached

_TENANTS, _METERED = Tenant.__table__, TenantUsage.__table__
# Locked in the order of ids, so that two reports cannot deadlock. An edit that locks one of the
# rows waits, and so sees the usage when it changes the limit.
_LIMITS = ByIds(
    select(_TENANTS.c.id, _TENANTS.c.monthly_call_limit)
    .order_by(_TENANTS.c.id)
    .with_for_update(key_share=True),
    _TENANTS.c.id,
)
# For one month: SQLite would read the whole table for pairs of tenant and month.
_STORED = ByIds(
    select(_METERED).where(_METERED.c.month == bindparam("month")), _METERED.c.tenant_id
)
_COLUMNS = ("tenant_id", "month", *Amounts._fields)
# PostgreSQL takes whole columns in a third of the time of single rows.
_UPSERT = text(
    "INSERT INTO tenant_usage (tenant_id, month, usage_cents, calls, minutes) SELECT * FROM"
    " unnest(CAST(:tenant_id AS uuid[]), CAST(:month AS text[]), CAST(:usage_cents AS bigint[]),"
    " CAST(:calls AS bigint[]), CAST(:minutes AS bigint[]))"
    " ON CONFLICT (tenant_id, month) DO UPDATE SET usage_cents = excluded.usage_cents,"
    " calls = excluded.calls, minutes = excluded.minutes"
)
Key = tuple[UUID, str]


def store_usage(rows: Sequence[Figures], actor: Actor, visible: UUID | None) -> list[Judged]:
    """Stores the figures that are accepted and returns a verdict for each row, in order.

    ``visible``: the only tenant that the actor may reach, or None for all; another one is answered
    like one that does not exist. A refused row stops no other. A tenant and month may stand in
    several rows: each is judged by what the rows before it left.
    """
    month = month_of(now())
    refused = [refusal(row, month) for row in rows]
    ids = {row.tenant_id for row, no in zip(rows, refused, strict=True) if no is None}
    if visible is not None:
        ids &= {visible}
    if not ids:
        return [no or NO_TENANT for no in refused]
    with write_transaction():
        report = _Report(month, ids, [row for row in rows if row.tenant_id in ids])
        verdicts = [no or report.add(row) for row, no in zip(rows, refused, strict=True)]
        report.write(actor)
    return verdicts


class _Report:
    """The rows of one transaction: what was stored, and what will be."""

    def __init__(self, month: str, ids: set[UUID], rows: Sequence[Figures]) -> None:
        self.month = month
        self.tenants = {row.id: row for row in _LIMITS.rows(ids)}
        months: dict[str, set[UUID]] = defaultdict(set)
        for row in rows:
            if row.tenant_id in self.tenants:
                months[row.month].add(row.tenant_id)
        self.now: dict[Key, Amounts] = {
            (row.tenant_id, row.month): Amounts(row.usage_cents, row.calls, row.minutes)
            for name, some in months.items()
            for row in _STORED.rows(some, month=name)
        }
        self.changed: dict[Key, Amounts] = {}
        self.corrections: list[tuple[Figures, Amounts]] = []

    def add(self, row: Figures) -> Judged:
        """Judges a row and notes its figures if they are accepted."""
        if row.tenant_id not in self.tenants:
            return NO_TENANT
        before = self.now.get(row.key)
        judged = judge(row, before)
        corrects = judged.verdict is Verdict.CORRECTED
        if corrects and len(self.corrections) >= figures.MOST_CORRECTIONS:
            return figures.TOO_MANY
        if judged.accepted and row.amounts != before:
            self.now[row.key] = self.changed[row.key] = row.amounts
        if corrects and before is not None:
            self.corrections.append((row, before))
        return judged

    def write(self, actor: Actor) -> None:
        """Writes everything that was noted; the entries of corrections last."""
        if not self.changed:
            return
        _store([(*key, *amounts) for key, amounts in self.changed.items()])
        used = list(self._used())
        set_ranks(self.month, used)
        record_reached(self.month, used, actor)
        _record_corrections(self.corrections, actor)

    def _used(self) -> Iterator[Used]:
        """Yields what was used in the current month, where it changed."""
        for (tenant_id, month), amounts in self.changed.items():
            if month == self.month:
                limit = self.tenants[tenant_id].monthly_call_limit
                yield Used(tenant_id, amounts.calls, limit)


def _store(rows: list[tuple[Any, ...]]) -> None:
    """Adds or replaces rows of the columns in _COLUMNS."""
    connection = db.session.connection()
    if is_sqlite():
        insert = sqlite.insert(TenantUsage)
        changes = {name: insert.excluded[name] for name in Amounts._fields}
        upsert = insert.on_conflict_do_update(index_elements=_COLUMNS[:2], set_=changes)
        connection.execute(upsert, [dict(zip(_COLUMNS, row, strict=True)) for row in rows])
    else:
        columns = map(list, zip(*rows, strict=True))
        connection.execute(_UPSERT, dict(zip(_COLUMNS, columns, strict=True)))


def _record_corrections(corrections: Sequence[tuple[Figures, Amounts]], actor: Actor) -> None:
    for row, before in corrections:
        record(
            Action.USAGE_CORRECTED,
            actor,
            tenant=db.session.get_one(Tenant, row.tenant_id),
            changes=list(_changes(row, before)),
            reason=values.text(row.reason or "", REASON),
        )


def _changes(row: Figures, before: Amounts) -> Iterator[Change]:
    yield Change("month", Audited.PLAIN, None, row.month)
    for name, old in before._asdict().items():
        if getattr(row, name) != old:
            yield Change(name, Audited.PLAIN, old, getattr(row, name))
