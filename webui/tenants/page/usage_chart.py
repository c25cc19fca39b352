"""The chart of calls a month: the places of its bars, in units of the drawing.

The template draws them as inline SVG with classes alone, because the pages allow no inline style.
pygal writes a style sheet and scripts into each drawing, and leather fixed colours, which fit one
theme only; neither names the drawing for a screen reader.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from webui.models.tenant.usage import is_cap

STEP, BAR = 30, 20
"""From one month to the next, and the width of a bar."""
TOP, FLOOR = 16, 100
"""Where the highest bar ends, and where all stand, from the upper edge."""
_UNITS = ("", "k", "M", "G", "T", "P", "E")
# The limit is drawn only near the calls; else all bars would be flat.
_FAR = 2


@dataclass(frozen=True)
class Bar:
    """The calls of a month; ``y`` is where the bar ends."""

    x: int
    y: float

    @property
    def height(self) -> float:
        """From the floor to the end of the bar."""
        return round(FLOOR - self.y, 1)

    @property
    def middle(self) -> float:
        """Where the words below the bar are centred."""
        return self.x + BAR / 2


@dataclass(frozen=True)
class Chart:
    """One bar a month, the projection of the last one, and the height of the limit if it fits.

    ``highest``: the place of the highest bar, above which its number stands.
    """

    bars: list[Bar]
    highest: int
    projected: Bar | None
    limit: float | None

    @property
    def limit_at_end(self) -> bool:
        """Whether the words of the limit stand at the end of its line, away from the number."""
        return self.highest < len(self.bars) // 2

    @property
    def width(self) -> int:
        """The width of the drawing."""
        return STEP * len(self.bars)


def draw(calls: Sequence[int], projected: int, limit: int) -> Chart | None:
    """Returns the chart of the calls of months; None when all are 0.

    ``projected``: the calls expected in the last month.
    """
    most = max(calls)
    if not most:
        return None
    shown = limit if 0 < limit <= most * _FAR and is_cap(limit) else 0
    top = max(most, projected, shown)
    # Of several, the latest.
    highest = max(at for at, number in enumerate(calls) if number == most)
    bars = [Bar(_x(at), _y(number, top)) for at, number in enumerate(calls)]
    more = Bar(bars[-1].x, _y(projected, top)) if projected > calls[-1] else None
    return Chart(bars, highest, more, _y(shown, top) if shown else None)


def _x(at: int) -> int:
    return at * STEP + (STEP - BAR) // 2


def _y(number: int, top: int) -> float:
    return round(FLOOR - (FLOOR - TOP) * number / top, 1)


def short(number: int) -> str:
    """Format a large number briefly, rounded down: 41208 -> "41k", 1234567 -> "1.2M"."""
    power = (len(str(number)) - 1) // 3
    whole, rest = divmod(number, 1_000**power)
    tenth = rest * 10 // 1_000**power
    words = f"{whole}.{tenth}" if whole < 10 and tenth else str(whole)
    return f"{words}{_UNITS[power]}"
