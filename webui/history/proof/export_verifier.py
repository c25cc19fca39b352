"""Verifies an export with only the file and the public key, without a database."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from webui.crypto import signing
from webui.history.checkpoints.checkpoint_lines import read_file
from webui.history.checkpoints.checkpoints import Checkpoint
from webui.history.checkpoints.problems import Problem
from webui.history.record import chain
from webui.history.verification.checks import Note, is_entry
from webui.history.verification.verdict import Folded, Verdict, explain_findings

MANIFEST = {
    **dict.fromkeys(("v", "count", "seq"), int),
    **dict.fromkeys(("sha256", "hash", "at", "signature"), str),
    "filter": dict,
}
"""The keys of a manifest and the types of their values."""


@dataclass
class _Reading:
    """The state of reading the file."""

    hashed: Any = field(default_factory=hashlib.sha256)
    count: int = 0
    runs: int = 0
    first: int = 0
    last: int = 0
    last_hash: str = chain.GENESIS
    last_at: str = ""
    folded: Folded = field(default_factory=Folded)
    hashes: dict[int, str] = field(default_factory=dict)


def verify_export(
    path: Path,
    public_key: str,
    checkpoint_file: Path | None = None,
    progress: Callable[[int], None] = lambda read: None,
) -> Verdict:
    """Verifies an export in JSON Lines: its manifest, its entries, and checkpoints if given.

    ``progress`` is called with the number of bytes read since the last call. Raises OSError and
    signing.BadKey.
    """
    lines = read_file(checkpoint_file, public_key) if checkpoint_file else None
    anchors = lines.valid if lines else []
    wanted = {anchor.seq for anchor in anchors}
    reading, manifest = _Reading(), b""
    with path.open("rb") as file:
        line = b""
        for following in file:
            if line:
                _entry(reading, line, wanted)
                progress(len(line))
            line = following
        manifest = line
        progress(len(line))
    verdict = Verdict(entries=reading.count, subject="The export", checkpoints=len(anchors))
    for problem in [
        *(lines.problems if lines else []),
        *explain_findings(reading.folded.notes, _PAST),
    ]:
        verdict.add(problem)
    _check_manifest(verdict, reading, manifest, public_key, anchors)
    return verdict


# Larger than any seq: in an export, an entry's position is always the seq in its body.
_PAST = 2**62


def _entry(reading: _Reading, line: bytes, wanted: set[int]) -> None:
    """Checks a line that is an entry; only the last line of the file is the manifest."""
    reading.hashed.update(line)
    reading.count += 1
    raw = line.rstrip(b"\n")
    try:
        value = orjson.loads(raw)
        seq, prev, at = int(value["seq"]), value["prev"], str(value["at"])
        well_formed = is_entry(value, raw)
    except (ValueError, KeyError, TypeError, AttributeError):
        seq, prev, at, well_formed = reading.last, "", reading.last_at, False
    if not well_formed:
        reading.folded.add(Note("format", seq, seq))
    if seq == reading.last + 1:
        if prev != reading.last_hash:
            reading.folded.add(Note("unlinked", reading.last, seq))
    else:
        reading.runs += 1
    if seq <= reading.last and well_formed:
        reading.folded.add(Note("order", seq, seq))
    if at < reading.last_at:
        reading.folded.add(Note("time", seq, seq))
    reading.first = reading.first or seq
    reading.last, reading.last_hash = seq, hashlib.sha256(raw).hexdigest()
    reading.last_at = at
    if seq in wanted:
        reading.hashes[seq] = reading.last_hash


def _check_manifest(
    verdict: Verdict,
    reading: _Reading,
    line: bytes,
    public_key: str,
    anchors: list[Checkpoint],
) -> None:
    """Compares the file with its manifest, and both with the checkpoints."""
    manifest = _read_manifest(line)
    if manifest is None:
        verdict.add(_about("There is no manifest in the last line: the export is not whole."))
        return
    unsigned = {name: value for name, value in manifest.items() if name != "signature"}
    signed = chain.canonical(unsigned).encode()
    if not signing.is_signed(public_key, signed, manifest["signature"]):
        verdict.add(_about("The manifest is badly signed."))
    if manifest["count"] != reading.count:
        said = f"{manifest['count']:,} entries, and there are {reading.count:,}"
        verdict.add(_about(f"The manifest counts {said}."))
    if manifest["sha256"] != reading.hashed.hexdigest():
        verdict.add(_about("The lines are not those that the manifest was made for."))
    verdict.head = manifest["seq"]
    whole = not manifest["filter"]
    if whole and (reading.last, reading.last_hash) != (manifest["seq"], manifest["hash"]):
        verdict.add(_about("The last entry is not the one that the manifest names."))
    _compare(verdict, reading, manifest, anchors)
    # An invalid export proves nothing, so its scope is not reported.
    if verdict.holds:
        verdict.notices.append(_scope(reading, whole))


def _read_manifest(line: bytes) -> dict[str, Any] | None:
    try:
        value = orjson.loads(line)
        types = {name: type(part) for name, part in value.items()}
        right = types == MANIFEST and chain.canonical(value).encode() + b"\n" == line
    except (ValueError, TypeError, AttributeError):
        return None
    return value if right else None


def _compare(
    verdict: Verdict, reading: _Reading, manifest: dict[str, Any], anchors: list[Checkpoint]
) -> None:
    known = {**reading.hashes, manifest["seq"]: manifest["hash"]}
    covered = 0
    for anchor in anchors:
        found = known.get(anchor.seq)
        if found == anchor.hash:
            covered = anchor.seq
        elif found is not None:
            words = f"Entry {anchor.seq:,} is not the one that a checkpoint was made of."
            verdict.add(Problem("rebuilt", anchor.seq, anchor.seq, words))
        elif anchor.seq > manifest["seq"] and anchor.at <= manifest["at"]:
            words = f"A checkpoint covers entry {anchor.seq:,}, which the chain should have had."
            verdict.add(Problem("cut", anchor.seq, anchor.seq, words))
    verdict.uncovered = max(0, manifest["seq"] - covered) if anchors else 0


def _scope(reading: _Reading, whole: bool) -> str:
    """Returns a sentence about what a valid export proves."""
    if not reading.count:
        return "It contains no entry: the manifest proves that none passed the filter then."
    if whole and reading.first == 1:
        return "It is the whole history up to then, and verifies as one chain."
    if reading.runs <= 1:
        span = f"{reading.first:,} to {reading.last:,}"
        return f"It contains every entry from {span}: nothing between them was left out."
    return (
        f"It is filtered, in {reading.runs:,} pieces: the manifest proves that exactly these"
        " entries passed the filter then, their chain only within each piece."
    )


def _about(text: str) -> Problem:
    return Problem("manifest", None, None, text)
