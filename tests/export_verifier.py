"""A second opinion on exports and checkpoints, written from docs/audit-format.md alone.

It imports nothing of the product. An empty list means that everything holds.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.verifier import KEYS, canonical

CHECKPOINT = {"v", "seq", "hash", "at", "prev", "signature"}
MANIFEST = {"v", "filter", "count", "sha256", "seq", "hash", "at", "signature"}
ZEROS = "0" * 64


def sha(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def is_signed(value: dict, key: str) -> bool:
    """Whether the signature is that of the object without it."""
    unsigned = canonical({name: part for name, part in value.items() if name != "signature"})
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key))
    try:
        public.verify(base64.b64decode(value["signature"]), unsigned.encode())
    except InvalidSignature:
        return False
    return True


def export_problems(path: Path, key: str, checkpoints: Path | None = None) -> list[str]:
    """What does not hold of an export, and of it against checkpoints."""
    *lines, last = path.read_bytes().split(b"\n")[:-1]
    manifest = json.loads(last)
    if set(manifest) != MANIFEST or canonical(manifest).encode() != last:
        return ["there is no manifest"]
    found = list(_entries(lines))
    if not is_signed(manifest, key):
        found.append("the manifest is badly signed")
    if manifest["count"] != len(lines):
        found.append("the manifest counts other entries")
    if manifest["sha256"] != sha(b"".join(line + b"\n" for line in lines)):
        found.append("the manifest is of other lines")
    hashes = {json.loads(line)["seq"]: sha(line) for line in lines}
    if not manifest["filter"]:
        if sorted(hashes) != list(range(1, manifest["seq"] + 1)):
            found.append("the entries are not the whole history")
        if hashes.get(manifest["seq"]) != manifest["hash"]:
            found.append("the last entry is not the manifest's")
    if checkpoints:
        found += _against(checkpoints, key, hashes)
    return found


def _entries(lines: list[bytes]) -> Iterator[str]:
    before, prev, at = 0, ZEROS, ""
    for line in lines:
        body = json.loads(line)
        seq = body["seq"]
        if canonical(body).encode() != line or set(body) != KEYS or body["v"] != 1:
            yield f"entry {seq} is not in the format"
        if seq <= before:
            yield f"entry {seq} is out of order"
        if seq == before + 1 and body["prev"] != prev:
            yield f"entry {seq} does not follow the one before"
        if body["at"] < at:
            yield f"entry {seq} is earlier than the one before"
        before, prev, at = seq, sha(line), body["at"]


def _against(path: Path, key: str, hashes: dict[int, str]) -> Iterator[str]:
    prev = ZEROS
    for line in path.read_bytes().split(b"\n")[:-1]:
        checkpoint = json.loads(line)
        if set(checkpoint) != CHECKPOINT or canonical(checkpoint).encode() != line:
            yield "a line is no checkpoint"
        if not is_signed(checkpoint, key):
            yield f"the checkpoint at {checkpoint['seq']} is badly signed"
        if checkpoint["prev"] != prev:
            yield f"the checkpoint at {checkpoint['seq']} does not follow"
        if hashes.get(checkpoint["seq"], checkpoint["hash"]) != checkpoint["hash"]:
            yield f"entry {checkpoint['seq']} is not the checkpoint's"
        prev = sha(line)
