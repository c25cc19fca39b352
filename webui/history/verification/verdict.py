"""Turns notes about entries into a verdict: what happened to which entries, in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from webui.history.checkpoints.problems import MOST, Problem
from webui.history.verification.anchors import Anchors
from webui.history.verification.checks import Note

Span = tuple[int, int]
_ENDLESS = 2**63


@dataclass
class Verdict:
    """The result of a verification.

    ``head`` is the highest seq. ``uncovered`` counts the newest entries that no valid checkpoint
    covers, ``since`` is the time of the first of them. ``notices`` are remarks, not problems.
    """

    entries: int = 0
    head: int = 0
    checkpoints: int = 0
    uncovered: int = 0
    since: datetime | None = None
    problems: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    subject: str = "The history"

    @property
    def holds(self) -> bool:
        """Whether no problem was found."""
        return not self.problems

    @property
    def summary(self) -> str:
        """The verdict in one or two sentences."""
        if not self.holds:
            return f"{self.subject} does not hold: {len(self.problems):,} problem(s) found."
        if not self.head:
            return "The history is empty, and nothing was ever signed."
        said = (
            f"{self.subject} holds: {self.entries:,} entries, {self.checkpoints:,} checkpoint(s)."
        )
        return f"{said} {self.coverage}"

    @property
    def coverage(self) -> str:
        """A sentence on how many entries the checkpoints cover."""
        if not self.checkpoints and not self.uncovered:
            return "No checkpoint was compared."
        if not self.uncovered:
            return "A checkpoint covers every entry."
        one = self.uncovered == 1
        newest = "The newest entry" if one else f"The newest {self.uncovered:,} entries"
        since = f" (since {self.since:%d %B %Y, %H:%M} UTC)" if self.since else ""
        return f"{newest}{since} {'is' if one else 'are'} not covered by a checkpoint yet."

    def add(self, *problems: Problem) -> None:
        """Adds problems, up to MOST and one that says that there are more."""
        for problem in problems:
            self._add(problem)

    def _add(self, problem: Problem) -> None:
        if len(self.problems) < MOST:
            self.problems.append(problem)
        elif len(self.problems) == MOST:
            self.problems.append(Problem("more", None, None, "There is more than is told here."))


class Folded:
    """Notes in order; equal notes about consecutive entries become one note about a range."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self._open: dict[tuple[str, str], int] = {}

    def add(self, note: Note) -> None:
        """Adds a note. Notes of the same kind must be added in the order of the entries."""
        key = (note.kind, note.detail)
        index = self._open.get(key)
        if index is not None and self.notes[index].last + 1 >= note.first:
            self.notes[index] = self.notes[index]._replace(last=note.last)
        elif len(self.notes) <= MOST:
            self._open[key] = len(self.notes)
            self.notes.append(note)


def fold(notes: Iterable[Note]) -> Sequence[Note]:
    """Returns the notes, with consecutive equal ones folded."""
    folded = Folded()
    for note in notes:
        folded.add(note)
    return folded.notes


def spans(found: Iterable[Span]) -> list[Span]:
    """Returns the spans sorted, with overlapping and adjacent ones joined."""
    joined: list[Span] = []
    for first, last in sorted(found):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def without(found: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """Returns the parts of the spans ``found`` that are in none of ``taken``."""
    left = spans(found)
    for low, high in spans(taken):
        pieces = [((a, min(b, low - 1)), (max(a, high + 1), b)) for a, b in left]
        left = [piece for pair in pieces for piece in pair if piece[0] <= piece[1]]
    return left


def explain_findings(notes: Sequence[Note], head: int) -> list[Problem]:
    """Returns the problems that explain the notes, in the order of seq; ``head``: the highest seq.

    Entries whose seq differs from that in their bodies were reordered among themselves, or
    renumbered because others were removed or inserted before them.
    """
    moved = [note for note in notes if note.kind == "moved"]
    bodies = [(note.first + int(note.detail), note.last + int(note.detail)) for note in moved]
    places = [(note.first, note.last) for note in moved]
    gaps = [(note.first, note.last) for note in notes if note.kind == "gap"]
    # There never were entries above the highest seq in a body.
    last_moved = any(low <= head <= high for low, high in places)
    written = max(high for _, high in bodies) if last_moved else head
    absent = without([*gaps, *places], [*bodies, (written + 1, _ENDLESS)])
    doubled = without(bodies, [*gaps, *places, (head + 1, _ENDLESS)])
    problems = [_problem(Note("gap", *span)) for span in absent]
    problems += [_problem(Note("inserted", *span)) for span in doubled]
    kind = "renumbered" if problems else "reordered"
    problems += [_problem(note._replace(kind=kind)) for note in moved]
    problems += [_problem(note) for note in notes if note.kind not in ("moved", "gap")]
    return sorted(problems, key=lambda problem: problem.first or 0)


def _problem(note: Note) -> Problem:
    many = note.last > note.first
    which = f"Entries {_range(note)}" if many else f"Entry {note.first:,}"
    one, several = _WORDS[note.kind]
    said = (several if many else one).format(detail=note.detail, origin=_origin(note))
    return Problem(note.kind, note.first, note.last, f"{which} {said}.")


def _range(span: Note) -> str:
    return f"{span.first:,} to {span.last:,}"


def _origin(note: Note) -> str:
    """Returns the seqs in the bodies of moved entries, in words; "" for other kinds."""
    if note.kind not in _MOVED:
        return ""
    shift = int(note.detail)
    there = note._replace(first=note.first + shift, last=note.last + shift)
    return f"entries {_range(there)}" if note.last > note.first else f"entry {there.first:,}"


_MOVED = ("reordered", "renumbered")
# kind -> the words about one entry, and about several
_WORDS = {
    "changed": ("was changed after it was written", "were changed after they were written"),
    "inserted": ("was inserted", "were inserted"),
    "unlinked": ("", "do not follow from one another: one was changed or inserted"),
    "gap": ("is missing: there is a gap", "are missing: there is a gap"),
    "reordered": ("was reordered: it holds {origin}", "were reordered: they hold {origin}"),
    "renumbered": (
        "was renumbered, as others were inserted or removed: it holds {origin}",
        "were renumbered, as others were inserted or removed: they hold {origin}",
    ),
    "column": (
        "differs from its body in column {detail}",
        "differ from their bodies in column {detail}",
    ),
    "format": ("is not in the format of an entry", "are not in the format of an entry"),
    "time": ("is earlier than the entry before it", "are earlier than the entries before them"),
    "order": ("does not come after the one before it", "do not come one after the other"),
    "orphan": (
        "has rows in audit_fields but is not there",
        "have rows in audit_fields but are not there",
    ),
    "words": (
        "is found by other words than its reason has",
        "are found by other words than their reasons have",
    ),
    "sealed": (
        "has another sealed value in {detail} than its digest says",
        "have other sealed values in {detail} than their digests say",
    ),
    "nulled": (
        "has lost its sealed value in {detail}, and no entry says that it was erased",
        "have lost their sealed values in {detail}, and no entry says that they were erased",
    ),
    "cut": (
        "was cut off: a checkpoint covers it, and it is not there",
        "were cut off: a checkpoint covers them, and they are not there",
    ),
    "rebuilt": (
        "was rebuilt: the chain holds, but not with the checkpoint after it",
        "hold a rebuilt chain: it follows the checkpoint before them and not the one after",
    ),
}


def compare_anchors(verdict: Verdict, anchors: Anchors) -> None:
    """Adds the problems of a chain that differs from its valid checkpoints, and sets ``uncovered``.

    Needs the verdict's other problems, which may explain a difference.
    """
    verdict.checkpoints = anchors.count
    verdict.uncovered = verdict.head - anchors.right
    if anchors.last > verdict.head:
        verdict.add(_problem(Note("cut", verdict.head + 1, anchors.last)))
    for seq, before in sorted(anchors.wrong):
        if not _explained(verdict.problems, seq):
            verdict.add(_problem(Note("rebuilt", before + 1, seq)))
            # A chain rebuilt here differs from every later checkpoint as well.
            return


def _explained(problems: Iterable[Problem], seq: int) -> bool:
    """Whether a problem found before explains that the entry differs from its checkpoint."""
    kinds = {"changed", "inserted", "unlinked", "format", *_MOVED}
    return any(
        problem.kind in kinds and (problem.first or 0) <= seq <= (problem.last or 0)
        for problem in problems
    )
