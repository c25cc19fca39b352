"""Verifications that people request on the history page, run by the worker."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from flask import current_app
from sqlalchemy import func, select, update

from webui import jobs
from webui.core.extensions import db, write_transaction
from webui.crypto import signing
from webui.history.checkpoints import checkpoints
from webui.history.proof import signed_verdict
from webui.history.record import chain
from webui.history.verification import coverage, verifier
from webui.jobs import Run, job
from webui.models import AuditCheckpoint, AuditEntry, AuditVerification
from webui.models.columns import now

SHOWN = 20
"""The number of problems that are stored of a verification; `audit verify` prints all."""
_PROGRESS = 1.0
"""Seconds between two updates of the progress."""

_OPEN = (
    select(AuditVerification)
    .where(AuditVerification.ended_at.is_(None))
    .order_by(AuditVerification.asked_at)
    .limit(1)
)
_LATEST = (
    select(AuditVerification)
    .where(AuditVerification.ended_at.is_not(None))
    .order_by(AuditVerification.ended_at.desc())
    .limit(1)
)


class _Stopped(Exception):
    """The worker is stopping; another worker will restart the verification."""


@dataclass(frozen=True)
class Proof:
    """The data of the panel: the newest checkpoint, the latest and the running verification."""

    worker: bool
    head: int
    checkpoint: checkpoints.Checkpoint | None
    public_key: str
    since: datetime | None
    latest: AuditVerification | None
    is_signed: bool
    running: AuditVerification | None

    @property
    def uncovered(self) -> int:
        """The number of entries that no checkpoint covers yet."""
        return max(0, self.head - (self.checkpoint.seq if self.checkpoint else 0))

    @property
    def is_cut(self) -> bool:
        """Whether entries are missing that the newest checkpoint covers."""
        return self.checkpoint is not None and self.head < self.checkpoint.seq

    @property
    def signed_at(self) -> datetime | None:
        """When the newest checkpoint was made."""
        return datetime.fromisoformat(self.checkpoint.at) if self.checkpoint else None

    @property
    def state(self) -> tuple[str, str]:
        """The result of the latest verification: (colour of the badge, label)."""
        outcome = self.latest.outcome if self.latest else None
        if self.latest and not self.is_signed:
            return "bad", "not signed by this console"
        return {
            "holds": ("good", "holds"),
            "fails": ("bad", "does not hold"),
            "unchecked": ("warn", "not checked"),
        }.get(outcome or "", ("", "never verified"))

    @property
    def report(self) -> Mapping[str, Any]:
        """The report of the latest verification; empty when it is not validly signed."""
        return json.loads(self.latest.report or "{}") if self.latest and self.is_signed else {}

    @property
    def found_since(self) -> datetime | None:
        """The time of the first entry that no checkpoint covered at the latest verification."""
        since = self.report.get("since")
        return datetime.fromisoformat(since) if since else None

    @property
    def share(self) -> int:
        """The progress of the running verification, in percent."""
        return 100 * self.running.checked // max(self.head, 1) if self.running else 0


def proof() -> Proof:
    """Returns the data of the panel on the history page."""
    newest = db.session.scalars(
        select(AuditCheckpoint.line).order_by(AuditCheckpoint.seq.desc()).limit(1)
    ).first()
    checkpoint, key = _read(newest), _public_key()
    latest = db.session.scalars(_LATEST).first()
    return Proof(
        worker=jobs.alive(),
        head=db.session.scalar(select(func.max(AuditEntry.seq))) or 0,
        checkpoint=checkpoint,
        public_key=key,
        since=coverage.written_at(db.session.connection(), checkpoint.seq + 1 if checkpoint else 1),
        latest=latest,
        is_signed=latest is not None and signed_verdict.is_signed_verdict(key, latest),
        running=db.session.scalars(_OPEN).first(),
    )


def _read(line: str | None) -> checkpoints.Checkpoint | None:
    """Parses a checkpoint; None when there is none or its line was damaged."""
    try:
        return checkpoints.parse(line) if line else None
    except checkpoints.BadLine:
        return None


def _public_key() -> str:
    return signing.public_key(current_app.extensions["webui_config"].audit_key)


def request_verification(name: str) -> None:
    """Requests a verification from the worker, unless one is waiting or running."""
    with write_transaction():
        if db.session.scalars(_OPEN).first() is None:
            db.session.add(AuditVerification(id=uuid4(), asked_at=now(), asked_by=name))


def is_asked() -> bool:
    """Whether a verification is waiting or running."""
    return db.session.scalars(_OPEN).first() is not None


@job("verification", every=timedelta(seconds=1), pending=is_asked)
def run_asked(run: Run) -> bool:
    """Runs the oldest open verification, also one that a killed worker left unfinished."""
    waiting = db.session.scalars(_OPEN).first()
    if waiting is None:
        return False
    identity = waiting.id
    _set(identity, started_at=now(), checked=0)
    try:
        outcome, report = _verified(identity, run)
    except _Stopped:
        return False
    _end(identity, outcome, json.dumps(report, ensure_ascii=False))
    return True


def _end(identity: UUID, outcome: str, report: str) -> None:
    """Stores the signed result."""
    row, at = db.session.get_one(AuditVerification, identity), now()
    seed = current_app.extensions["webui_config"].audit_key
    signature = signed_verdict.sign_verdict(seed, row, at, outcome, report)
    _set(identity, ended_at=at, outcome=outcome, report=report, signature=signature)


def _verified(identity: UUID, run: Run) -> tuple[str, dict[str, Any]]:
    noted = time.monotonic()

    def progress(done: int, _total: int) -> None:
        nonlocal noted
        if run.stopping:
            raise _Stopped
        if time.monotonic() > noted + _PROGRESS:
            _set(identity, checked=done)
            noted = time.monotonic()

    url = db.engine.url.render_as_string(hide_password=False)
    file = current_app.extensions["webui_config"].checkpoints
    try:
        verdict = verifier.verify_history(url, _public_key(), file, progress)
    except verifier.Unchecked as error:
        return "unchecked", {"why": str(error)}
    return "holds" if verdict.holds else "fails", {
        "entries": verdict.entries,
        "checkpoints": verdict.checkpoints,
        "uncovered": verdict.uncovered,
        "since": verdict.since and chain.timestamp(verdict.since),
        "count": len(verdict.problems),
        "problems": [problem.text for problem in verdict.problems[:SHOWN]],
        "notices": verdict.notices,
    }


def _set(identity: UUID, **values: Any) -> None:
    with write_transaction():
        table = update(AuditVerification).where(AuditVerification.id == identity)
        db.session.execute(table.values(**values))
