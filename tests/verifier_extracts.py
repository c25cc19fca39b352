"""The part of the second opinion on the extracts: listed fields, words of reasons, sealed values.

Written from docs/audit-format.md alone, too: it imports nothing of the product.
"""

import base64
import hashlib
import json
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import groupby, pairwise
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SEALED = ("sip_domain", "sip_username", "webhook_url")
SIDES = ("old", "new")
Row = dict[str, Any]
Tables = dict[str, list[Row]]


def problems(tables: Tables, keyring: str | None) -> Iterator[str]:
    """What does not hold. Sealed values whose key is not at hand are only looked for."""
    bodies = list(_bodies(tables["entries"]))
    told = [
        (b["seq"], field, (b["tenant"] or {}).get("id")) for b in bodies for field in b["changes"]
    ]
    held = [(row["seq"], row["field"], row["tenant_id"]) for row in tables["fields"]]
    yield from _compared("field", told, held)
    told = [(body["seq"], word) for body in bodies for word in words(body["reason"] or "")]
    held = [(row["seq"], row["word"]) for row in tables["words"]]
    yield from _compared("word", told, held)
    digests = {place: digest for body in bodies for place, digest in _digests(body)}
    places = [(row["entry"], row["field"], row["side"]) for row in tables["sealed"]]
    yield from _compared("sealed value", list(digests), places)
    keys = json.loads(keyring)["keys"] if keyring else {}
    for place, row in zip(places, tables["sealed"], strict=True):
        kid = (row["value"] or "..").split(".")[1]
        if kid in keys and place in digests and _opened(row, keys[kid]) != digests[place]:
            yield f"sealed value {place}: it is another than its digest says"


def _bodies(entries: list[Row]) -> Iterator[Row]:
    """What the texts say that have what is needed here; others are no entries at all."""
    for row in entries:
        try:
            body = json.loads(row["body"])
            keys = ("id", "tenant", "changes", "reason")
            yield {"seq": row["seq"], **{key: body[key] for key in keys}}
        except (ValueError, TypeError, KeyError):
            continue


def _compared(what: str, told: Any, held: Any) -> Iterator[str]:
    told, held = Counter(told), Counter(held)
    for place in told - held:
        yield f"{what} {place}: it is not there"
    for place in held - told:
        yield f"{what} {place}: no entry tells of it"


STROKES = str.maketrans("ıłøđðħŧ", "iloddht") | str.maketrans({"æ": "ae", "œ": "oe", "þ": "th"})
INVISIBLE = "\u200c\u200d\ufe0e\ufe0f"
APOSTROPHES = "\u02b9\u02ba\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u02ca\u02cb\u02ee\ua78b\ua78c"
SIGNS = str.maketrans(APOSTROPHES, "'" * len(APOSTROPHES), INVISIBLE)
WITHOUT_SPACES = (
    *((0x0E01, 0x0E3A), (0x0E40, 0x0E4E), (0x0E81, 0x0EBD), (0x0EC0, 0x0ECE), (0x0EDC, 0x0EDF)),
    *((0x1780, 0x17D3), (0x17D7, 0x17D7), (0x17DC, 0x17DD), (0x1000, 0x103F), (0x1050, 0x109D)),
    *((0xA9E0, 0xA9FE), (0xAA60, 0xAA7F), (0x3005, 0x3007), (0x3021, 0x3029), (0x3031, 0x3035)),
    *((0x3038, 0x303C), (0x3041, 0x3096), (0x309D, 0x309F), (0x30A1, 0x30FA), (0x30FC, 0x30FF)),
    *((0x3105, 0x312F), (0x31A0, 0x31BF), (0x31F0, 0x31FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF)),
    *((0x1B000, 0x1B16F), (0x20000, 0x3FFFD)),
)


def words(reason: str) -> set[str]:
    """The different words of a reason, as they are searched."""
    letters = unicodedata.normalize("NFKD", reason.translate(SIGNS).casefold())
    plain = "".join(c for c in letters if not unicodedata.combining(c)).casefold()
    plain = "".join(str(unicodedata.decimal(c, c)) for c in plain.translate(STROKES))
    return {word for kind, run in groupby(plain, key=_kind) for word in _words(kind, [*run])}


def _kind(character: str) -> str:
    if any(first <= ord(character) <= last for first, last in WITHOUT_SPACES):
        return "without spaces"
    return "letters" if unicodedata.category(character)[0] in "LN" else ""


def _words(kind: str, run: list[str]) -> Iterator[str]:
    if kind == "without spaces":
        yield from run
        yield from map("".join, pairwise(run))
    elif kind:
        yield "".join(run)[:60]


def _digests(body: Row) -> Iterator[tuple[tuple[str, str, str], str]]:
    """The digests of an entry, by the place of what they are of."""
    for field in set(SEALED) & set(body["changes"]):
        for side, value in zip(SIDES, body["changes"][field], strict=True):
            if isinstance(value, dict):
                yield (body["id"], field, side), value["sealed"]


def _opened(row: Row, key: str) -> str | None:
    """The digest of what a value opens to; None when it does not open."""
    form, kid, text = row["value"].split(".")
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    place = f"{row['entry']}/{row['field']}/{row['side']}"
    associated = _join(form, kid, "audit_sealed", "value", place)
    try:
        padded = _cipher(key).decrypt(raw[:12], raw[12:], associated)
    except InvalidTag:
        return None
    opened = padded.rstrip(b"\x00").removesuffix(b"\x80")
    salt, _, value = opened.partition(b".")
    try:
        return hashlib.sha256(base64.urlsafe_b64decode(salt) + value).hexdigest()
    except ValueError:
        return None


@cache
def _cipher(key: str) -> AESGCM:
    """What a key of the ring (base64) opens the history's values with."""
    info = _join("tenant-console", "seal", "audit_sealed", "value")
    return AESGCM(HKDF(SHA256(), 32, salt=None, info=info).derive(base64.b64decode(key)))


def _join(*parts: str) -> bytes:
    """The parts, each with its length before it."""
    raw = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in raw)
