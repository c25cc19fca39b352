"""The signature of a verification's result, so that a forged row is not accepted as a result.

The signature is Ed25519 over the canonical JSON of the parts below. No other signed text of this
product has these keys, so no other text can be presented as a result.
"""

from datetime import datetime

from webui.crypto import signing
from webui.history.record import chain
from webui.models import AuditVerification


def sign_verdict(seed: str, row: AuditVerification, at: datetime, outcome: str, report: str) -> str:
    """Returns the signature of a result before it is stored. Raises signing.BadKey."""
    return signing.sign(seed, _signed(row, at, outcome, report))


def is_signed_verdict(public_key: str, row: AuditVerification) -> bool:
    """Whether the signature of a stored result is valid. Raises signing.BadKey."""
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
