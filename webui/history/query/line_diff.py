"""A change of a long text as lines: what stays, what goes, what comes."""

from difflib import SequenceMatcher
from typing import NamedTuple

SAME, OLD, NEW, LEFT_OUT = "same", "old", "new", "left out"
_AROUND = 3
"""Unchanged lines that are shown before and after a change."""


class Line(NamedTuple):
    """A line of the difference. ``kind`` is SAME, OLD, NEW or LEFT_OUT, which counts lines."""

    kind: str
    text: str


def between(old: str | None, new: str | None) -> list[Line]:
    """Returns :func:`lines`; none where a text is missing or both are of one line."""
    return [] if old is None or new is None or "\n" not in old + new else lines(old, new)


def lines(old: str, new: str) -> list[Line]:
    """Returns the difference of two texts; what is far from a change is left out.

    The comma at the end of a line of JSON says only that another line follows: it is no change.
    """
    before, after = old.splitlines(), new.splitlines()
    compared = [[line.rstrip(",") for line in side] for side in (before, after)]
    matcher = SequenceMatcher(None, compared[0], compared[1], autojunk=False)
    found: list[Line] = []
    at = 0
    for group in matcher.get_grouped_opcodes(_AROUND):
        found += _left_out(after[at : group[0][3]])
        for kind, i1, i2, j1, j2 in group:
            if kind == "equal":
                found += [Line(SAME, text) for text in after[j1:j2]]
            else:
                found += [Line(OLD, text) for text in before[i1:i2]]
                found += [Line(NEW, text) for text in after[j1:j2]]
        at = group[-1][4]
    return [*found, *_left_out(after[at:])]


def _left_out(texts: list[str]) -> list[Line]:
    # A single line takes no more room than the words for it.
    if len(texts) < 2:
        return [Line(SAME, text) for text in texts]
    return [Line(LEFT_OUT, f"{len(texts):,} unchanged lines")]
