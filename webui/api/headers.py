"""The request headers that operations of the API read, each declared once."""

from dataclasses import dataclass
from typing import Any

from webui.api.field_types import text_schema
from webui.core import limits


@dataclass(frozen=True)
class Header:
    """A header: its name, what it means, and its JSON schema."""

    name: str
    meaning: str
    schema: dict[str, Any]


LONGEST_KEY = 255
REASON = Header(
    "X-Change-Reason",
    "Why; staff only. Without it the token's purpose is stored.",
    text_schema(limits.REASON, "reason"),
)
IF_MATCH = Header(
    "If-Match",
    "Change only the version with this ETag; 412 for another one.",
    {"type": "string", "format": "entity-tag", "minLength": 1},
)
IDEMPOTENCY_KEY = Header(
    "Idempotency-Key",
    "Repeated with the same body, nothing is created twice.",
    {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "format": "token"},
)
