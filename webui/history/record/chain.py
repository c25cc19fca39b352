"""The hash chain: the canonical JSON of an entry, its hash, and its link to the entry before.

The format is DESIGN 2.6. Independent of the database.
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
"""The keys of an entry; below them, the keys of its ``tenant`` and of its ``actor``."""
TENANT = ("id", "name", "version")
ACTOR = ("type", "id", "name", "role")
GENESIS = "0" * 64
"""``prev`` of the first entry."""


def canonical(body: dict[str, Any]) -> str:
    """Returns the body as canonical JSON (RFC 8785).

    Raises ValueError for floats and for whole numbers outside the exact range of JSON (2**53 - 1).
    """
    refuse_floats(body)
    return rfc8785.dumps(body).decode()


def digest(text: str) -> str:
    """Returns the SHA-256 of the text in UTF-8, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def sealed_digest(salt: bytes, value: str) -> str:
    """Returns what an entry contains in place of a sealed value: SHA-256 of salt + value, hex."""
    return hashlib.sha256(salt + value.encode()).hexdigest()


def timestamp(at: datetime) -> str:
    """Returns the time in UTC with microseconds and Z: ``2026-11-23T14:52:07.000123Z``."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def refuse_floats(value: Any) -> None:
    """Raises ValueError when the value contains a float at any depth."""
    if isinstance(value, float):
        raise ValueError("an entry must not contain floats")
    if isinstance(value, dict):
        for item in value.values():
            refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            refuse_floats(item)
