"""A second opinion on the history, written from docs/audit-format.md alone.

It imports nothing of the product and reads the database with plain drivers. `judge` gives one
line for everything that does not hold; an empty list means that the history holds.
"""

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from tests import verifier_extracts

KEYS = {
    *("v", "seq", "id", "at", "action", "outcome", "tenant", "actor", "source"),
    *("changes", "reason", "request", "address", "agent", "prev"),
}
OUTCOMES = {"success", "denied", "failed"}
SOURCES = {"ui", "wizard", "api", "cli", "import"}
ACTOR_TYPES = {"user", "token", "system", "cli"}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
Row = dict[str, Any]


TABLES = {
    "entries": "SELECT * FROM audit_entries ORDER BY seq",
    "fields": "SELECT seq, field, tenant_id FROM audit_fields",
    "words": "SELECT seq, word FROM audit_words",
    "sealed": "SELECT entry, field, side, value FROM audit_sealed",
}
IDS = ("id", "tenant_id", "subject_id", "entry")


def judge(url: str, keyring: str | None = None) -> list[str]:
    """What does not hold of a database. With a key ring (JSON), sealed values are opened too."""
    tables = _tables(url)
    return [*problems(tables["entries"]), *verifier_extracts.problems(tables, keyring)]


def read(url: str) -> list[Row]:
    """Every entry's row in order of seq."""
    return _tables(url)["entries"]


def _tables(url: str) -> dict[str, list[Row]]:
    """The rows of every table."""
    if url.startswith("sqlite:///"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
            connection.row_factory = sqlite3.Row
            found = {name: list(connection.execute(query)) for name, query in TABLES.items()}
        connection.close()
    else:
        libpq = url.replace("postgresql+psycopg://", "postgresql://")
        with psycopg.connect(libpq, row_factory=dict_row) as connection:
            found = {name: connection.execute(query).fetchall() for name, query in TABLES.items()}
    return {name: [_row(dict(row)) for row in rows] for name, rows in found.items()}


def _row(row: Row) -> Row:
    """The row with ids and times as text in one spelling, whichever driver read it."""
    for name in row.keys() & set(IDS):
        row[name] = row[name] and str(UUID(str(row[name])))
    if "at" not in row:
        return row
    at = row["at"] if isinstance(row["at"], datetime) else datetime.fromisoformat(row["at"])
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return {**row, "at": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}


def problems(rows: Iterable[Row]) -> list[str]:
    """What does not hold of entries and their columns, one line each."""
    found = []
    before = {"seq": 0, "hash": "0" * 64, "at": ""}
    for row in rows:
        found += [f"entry {row['seq']}: {problem}" for problem in _entry(row, before)]
        before = {"seq": row["seq"], "hash": row["hash"], "at": row["at"]}
    return found


def _entry(row: Row, before: Row) -> Iterator[str]:
    text = row["body"]
    if hashlib.sha256(text.encode()).hexdigest() != row["hash"]:
        yield "the hash is not that of the body"
    try:
        body = json.loads(text, parse_float=_refuse, parse_constant=_refuse)
    except ValueError as error:
        yield f"the body is no JSON without floats: {error}"
        return
    if canonical(body) != text:
        yield "the body is not in canonical form"
    if set(body) != KEYS:
        yield f"the body has the keys {sorted(body)}"
        return
    yield from _shape(body)
    yield from _link(body, before)
    yield from _columns(row, body)


def _refuse(text: str) -> None:
    raise ValueError(f"{text} is no whole number")


def _shape(body: Row) -> Iterator[str]:
    tenant, actor = body["tenant"], body["actor"]
    if body["v"] != 1:
        yield "v is not 1"
    if not INSTANT.fullmatch(body["at"]):
        yield "at is not UTC with microseconds and Z"
    if str(UUID(body["id"])) != body["id"]:
        yield "id is no UUID in its usual spelling"
    if body["outcome"] not in OUTCOMES or body["source"] not in SOURCES:
        yield "outcome or source is not in the list"
    if tenant is not None and set(tenant) != {"id", "name", "version"}:
        yield "tenant has other keys than id, name and version"
    if set(actor) != {"type", "id", "name", "role"} or actor["type"] not in ACTOR_TYPES:
        yield "actor is not type, id, name and role"
    for field, sides in body["changes"].items():
        if not isinstance(sides, list) or len(sides) != 2:
            yield f"{field} is no pair of old and new"
            continue
        # Metadata is no encrypted field: an object of it may have any keys.
        if field != "meta_data" and any(_badly_sealed(side) for side in sides):
            yield f"{field} holds a malformed sealed value"


def _badly_sealed(side: Any) -> bool:
    if not isinstance(side, dict) or "sealed" not in side:
        return False
    return set(side) != {"sealed"} or not re.fullmatch(r"[0-9a-f]{64}", side["sealed"])


def _link(body: Row, before: Row) -> Iterator[str]:
    if body["seq"] != before["seq"] + 1:
        yield f"seq follows {before['seq']}: there is a gap"
    if body["prev"] != before["hash"]:
        yield "prev is not the hash of the entry before"
    if body["at"] < before["at"]:
        yield "at is earlier than that of the entry before"


def _columns(row: Row, body: Row) -> Iterator[str]:
    tenant, actor = body["tenant"] or {}, body["actor"]
    expected = {
        **{key: body[key] for key in ("seq", "id", "at", "action", "outcome", "source")},
        **{key: body[key] for key in ("reason", "request", "address")},
        "tenant_id": tenant.get("id"),
        "tenant_version": tenant.get("version"),
        "subject_id": body["changes"].get("user", [None, None])[1],
        **{f"actor_{key}": actor[key] for key in ("type", "id", "name", "role")},
    }
    for column, value in expected.items():
        if row[column] != value:
            yield f"column {column} differs from the body"


def canonical(value: Any) -> str:
    """RFC 8785 for values without floats: keys sorted by UTF-16 code units, no white space."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{canonical(key)}:{canonical(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    return _SCALAR.encode(value)


# Made once: `json.dumps` makes one for every value that it is told not to escape.
_SCALAR = json.JSONEncoder(ensure_ascii=False)


def replay(rows: Iterable[Row], tenant_id: str) -> Row:
    """What the entries say the tenant's fields are now."""
    state: Row = {}
    for row in rows:
        body = json.loads(row["body"])
        tenant = body["tenant"] or {}
        if tenant.get("id") == tenant_id and tenant["version"] is not None:
            state |= {field: sides[1] for field, sides in body["changes"].items()}
    return state
