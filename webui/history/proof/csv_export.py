"""The history as CSV (RFC 4180) that no spreadsheet takes for formulas (OWASP, CSV injection)."""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from webui.history.narrative import sentences
from webui.history.record import bodies, chain

COLUMNS = (
    *("seq", "id", "at", "action", "outcome", "tenant_id", "tenant_name", "tenant_version"),
    *("actor_type", "actor_id", "actor_name", "actor_role", "source", "what", "changes"),
    *("reason", "request", "address", "agent", "hash"),
)
# Whatever role: an export never opens a sealed value.
_READER = sentences.Reader(sees_identities=False)
# What begins a formula, wide forms included, after any white space and quotes.
_FORMULA = "(?=[\\s\"'`]*[=+\\-@\t\r＝＋－＠])"
# At the start of the value, of a line in it, and after what a spreadsheet may take for the
# separator: a semicolon where a comma is decimal, a tab.
_begins = re.compile(f"(^|[\r\n;\t]){_FORMULA}")
_separated = re.compile(f";{_FORMULA}")
_inside = re.compile(f"[\r\n;\t]{_FORMULA}").search


def header() -> bytes:
    """The first line."""
    return _written([COLUMNS])


def lines(entries: Iterable[tuple[int, str, str]]) -> bytes:
    """The lines of entries, given as seq, text and hash."""
    return _written(_row(*entry) for entry in entries)


def plain(value: Any) -> Any:
    """The value as a spreadsheet shows it: a text stays a text."""
    if not isinstance(value, str) or not value:
        return value
    # Nearly every value is told harmless without the expression, at a tenth of the cost.
    if value[0].isalnum() or value[0] in "{/":
        separated = ";" in value or "\n" in value or "\r" in value or "\t" in value
        if not separated or not _inside(value):
            return value
    return _begins.sub(r"\1'", value)


def _json(changes: Mapping[str, Any]) -> str:
    """The changes, with no semicolon before what is no formula as long as it stays JSON."""
    text = orjson.dumps(changes).decode()
    return _separated.sub(r"\\u003b", text) if ";" in text else text


def _written(rows: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([plain(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _row(seq: int, text: str, hashed: str) -> tuple[Any, ...]:
    try:
        return _cells(seq, orjson.loads(text), hashed)
    except sentences.NOT_OURS:
        return _cells(seq, bodies.STAND_IN, hashed)


def _cells(seq: int, body: Mapping[str, Any], hashed: str) -> tuple[Any, ...]:
    tenant, actor = body["tenant"] or {}, body["actor"]
    said = "".join(part.text for part in sentences.sentence(body, _READER))
    return (
        seq,
        *(body[name] for name in ("id", "at", "action", "outcome")),
        *(tenant.get(name) for name in chain.TENANT),
        *(actor[name] for name in chain.ACTOR),
        body["source"],
        said,
        _json(body["changes"]),
        *(body[name] for name in ("reason", "request", "address", "agent")),
        hashed,
    )
