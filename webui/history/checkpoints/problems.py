"""What a verification found wrong."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """What does not hold, about the entries ``first`` to ``last``; None when about none."""

    kind: str
    first: int | None
    last: int | None
    text: str
