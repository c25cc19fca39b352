"""The chain: the canonical text of an entry, its hash, and its link to the entry before.

The format is DESIGN 2.6. Nothing here knows a database.
"""

import hashlib
from datetime import UTC, datetime
from typing import Any

import rfc8785

VERSION = 1
KEYS = sorted(
    [
        *("v", "seq", "id", "at", "action", "outcome", "tenant", "actor", "source"),
        *("changes", "reason", "request", "address", "agent", "prev"),
    ]
)
"""What an entry's text holds, and below it the parts of its tenant and of its actor."""
TENANT = ("id", "name", "version")
ACTOR = ("type", "id", "name", "role")
GENESIS = "0" * 64
"""``prev`` of the first entry."""


def canonical(body: dict[str, Any]) -> str:
    """The body in RFC 8785 form.

    Raises ValueError for floats and for whole numbers that JSON cannot keep exactly.
    """
    refuse_floats(body)
    return rfc8785.dumps(body).decode()


def digest(text: str) -> str:
    """SHA-256 of the text in UTF-8, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def sealed_digest(salt: bytes, value: str) -> str:
    """What stands in an entry for a sealed value: SHA-256 of salt and value, in hex."""
    return hashlib.sha256(salt + value.encode()).hexdigest()


def timestamp(at: datetime) -> str:
    """UTC with microseconds and Z: ``2026-11-23T14:52:07.000123Z``."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def refuse_floats(value: Any) -> None:
    """Raises ValueError for a value that has a float anywhere."""
    if isinstance(value, float):
        raise ValueError("an entry holds no floats")
    if isinstance(value, dict):
        for item in value.values():
            refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            refuse_floats(item)
