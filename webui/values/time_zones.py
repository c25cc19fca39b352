"""Time zones by their IANA names."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from webui.values.text import Refused

UTC = "UTC"
# The regions of the IANA database that contain places; the rest are old names and special cases.
_REGIONS = (
    *("Africa", "America", "Antarctica", "Asia", "Atlantic"),
    *("Australia", "Europe", "Indian", "Pacific"),
)


@cache
def by_region() -> dict[str, list[str]]:
    """Returns region -> its zones, sorted. UTC is in a region of its own."""
    found: dict[str, list[str]] = {UTC: [UTC]}
    for name in sorted(available_timezones()):
        region, _, place = name.partition("/")
        if place and region in _REGIONS:
            found.setdefault(region, []).append(name)
    return found


def time_zone(raw: str) -> str:
    """Returns the name of a zone from the list. Refuses any other text."""
    if not any(raw in names for names in by_region().values()):
        raise Refused("Choose one from the list.")
    return raw


@cache
def zone(name: str) -> ZoneInfo:
    """Returns a stored zone; UTC when the machine's time zone database no longer has it."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError):
        return ZoneInfo(UTC)
