"""The headers of a delivery, by the Standard Webhooks specification (1.0.0)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from standardwebhooks import Webhook

AGENT = "Tenant-Console-Webhooks/1"


def message_id(message: UUID) -> str:
    """Format the id of an event as receivers see it."""
    return f"msg_{message.hex}"


def headers(message: UUID, at: datetime, body: str, secrets: Sequence[str]) -> dict[str, str]:
    """Returns id, time and one signature per secret; ``at`` (UTC) is the time of the attempt."""
    identity = message_id(message)
    signatures = [Webhook(secret).sign(identity, at, body) for secret in secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        "webhook-id": identity,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
