"""The problems that a verification finds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """A problem of the entries ``first`` to ``last``; both None when it is about no entry."""

    kind: str
    first: int | None
    last: int | None
    text: str
