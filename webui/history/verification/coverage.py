"""How far checkpoints reach: what was not signed for too long does not hold."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from webui.history.checkpoints.problems import Problem
from webui.history.verification.verdict import Verdict
from webui.models import AuditEntry
from webui.models.columns import SpoiledValue, now

LONGEST = timedelta(hours=1)
"""An entry that no checkpoint covers may be so old; the worker signs every minute."""
_TO_DO = "Start the worker (jobs run), or sign them with audit checkpoint."


def check_coverage(connection: Connection, verdict: Verdict) -> None:
    """Adds since when entries are not covered, and a problem when that is too long."""
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
    """When an entry was written; None for one that is not there or whose time was spoiled."""
    try:
        return connection.scalar(select(AuditEntry.at).where(AuditEntry.seq == seq))
    except SpoiledValue:
        return None
