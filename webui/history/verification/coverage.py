"""Checks which entries checkpoints cover: an old entry without a checkpoint is a problem."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from webui.history.checkpoints.problems import Problem
from webui.history.verification.verdict import Verdict
from webui.models import AuditEntry
from webui.models.columns import SpoiledValue, now

LONGEST = timedelta(hours=1)
"""The maximum age of an entry without a checkpoint; the worker signs every minute."""
_TO_DO = "Start the worker (jobs run), or sign them with audit checkpoint."


def check_coverage(connection: Connection, verdict: Verdict) -> None:
    """Sets since when entries are not covered, and adds a problem when that is over LONGEST."""
    if not verdict.uncovered:
        return
    first = verdict.head - max(0, verdict.uncovered) + 1
    verdict.since = at = written_at(connection, first)
    if at and now() - at > LONGEST:
        said = (
            f"No checkpoint covers the entries from {first:,} on, although that one was written"
            f" {at:%d %B %Y, %H:%M} UTC, over an hour ago. {_TO_DO}"
        )
        verdict.add(Problem("checkpoint", first, verdict.head, said))


def written_at(connection: Connection, seq: int) -> datetime | None:
    """Returns the time of an entry; None when it is missing or its time was damaged."""
    try:
        return connection.scalar(select(AuditEntry.at).where(AuditEntry.seq == seq))
    except SpoiledValue:
        return None
