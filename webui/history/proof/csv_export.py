"""The history as CSV (RFC 4180), protected against formulas (OWASP, CSV injection)."""

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
MOST_CHARACTERS = 32_767
"""Of a cell, in UTF-16 units. Spreadsheets cut longer ones off silently (Excel's specification)."""
# Without it, Excel reads UTF-8 as the code page of the machine.
_BYTE_ORDER_MARK = "\ufeff".encode()
# For every role: an export never contains decrypted values.
_READER = sentences.Reader(sees_identities=False)
# The first characters of a formula, full-width forms included, after white space and quotes.
_FORMULA = "(?=[\\s\"'`]*[=+\\-@\t\r＝＋－＠])"
# A formula may begin at the start of the value, of a line in it, and after a character that a
# spreadsheet may read as separator: a tab, or a semicolon where the comma is the decimal sign.
_begins = re.compile(f"(^|[\r\n;\t]){_FORMULA}")
_separated = re.compile(f";{_FORMULA}")
_inside = re.compile(f"[\r\n;\t]{_FORMULA}").search


def header() -> bytes:
    """Returns a byte order mark and the first line: the column names."""
    return _BYTE_ORDER_MARK + _written([COLUMNS])


def lines(entries: Iterable[tuple[int, str, str]]) -> bytes:
    """Returns the lines of entries, given as (seq, text, hash)."""
    return _written(_row(*entry) for entry in entries)


def plain(value: Any) -> Any:
    """Returns the value with an apostrophe before each possible formula, so that it stays text."""
    if not isinstance(value, str) or not value:
        return value
    # This check recognises nearly all harmless values in a tenth of the expression's time.
    if value[0].isalnum() or value[0] in "{/":
        separated = ";" in value or "\n" in value or "\r" in value or "\t" in value
        if not separated or not _inside(value):
            return value
    return _begins.sub(r"\1'", value)


def shortened(value: Any) -> Any:
    """Returns the value; a text too long for a cell is cut, and its end says so."""
    if not isinstance(value, str) or len(value) * 2 <= MOST_CHARACTERS:
        return value
    # Encoded for its length: a spreadsheet counts a character outside the BMP as two.
    units = value.encode("utf-16-le")
    count = len(units) // 2
    if count <= MOST_CHARACTERS:
        return value
    notice = f" [Shortened: {count:,} characters. The JSON Lines export has all of them.]"
    kept = units[: 2 * (MOST_CHARACTERS - len(notice))]
    return kept.decode("utf-16-le", "ignore") + notice


def _json(changes: Mapping[str, Any]) -> str:
    """Returns the changes as JSON; a semicolon before a possible formula is escaped as \\u003b."""
    text = orjson.dumps(changes).decode()
    return _separated.sub(r"\\u003b", text) if ";" in text else text


def _written(rows: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([shortened(plain(value)) for value in row] for row in rows)
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
