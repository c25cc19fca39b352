"""The problems that a verification finds."""

from dataclasses import dataclass

MOST = 1_000
"""Maximum number of problems that are reported; a last one then says that there are more."""


@dataclass(frozen=True)
class Problem:
    """A problem of the entries ``first`` to ``last``; both None when it is about no entry."""

    kind: str
    first: int | None
    last: int | None
    text: str
