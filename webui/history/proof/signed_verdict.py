"""The verdict of a verification, signed like a checkpoint: a row that somebody wrote is none.

The signature is Ed25519 over the canonical JSON of the parts below. No other signed text of this
product has these keys, so that none can be passed off as a verdict.
"""

from datetime import datetime

from webui.crypto import signing
from webui.history.record import chain
from webui.models import AuditVerification


def sign_verdict(seed: str, row: AuditVerification, at: datetime, outcome: str, report: str) -> str:
    """The signature of a verdict that is about to be stored. Raises signing.BadKey."""
    return signing.sign(seed, _signed(row, at, outcome, report))


def is_signed_verdict(public_key: str, row: AuditVerification) -> bool:
    """Whether a stored verdict was signed as it is. Raises signing.BadKey."""
    if row.ended_at is None or row.outcome is None or row.report is None:
        return False
    signed = _signed(row, row.ended_at, row.outcome, row.report)
    return signing.is_signed(public_key, signed, row.signature)


def _signed(row: AuditVerification, at: datetime, outcome: str, report: str) -> bytes:
    parts = {
        "v": chain.VERSION,
        "verification": str(row.id),
        "asked_at": chain.timestamp(row.asked_at),
        "asked_by": row.asked_by,
        "ended_at": chain.timestamp(at),
        "outcome": outcome,
        "report": report,
    }
    return chain.canonical(parts).encode()
