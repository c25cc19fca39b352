"""The changes of an entry as field, value before and value after, as the reader may see them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import inspect

from webui.core.catalogue import FIELDS
from webui.core.field_types import Choice, Metadata, Sealed, Secret
from webui.core.limits import SERVICE_LABELS, Service
from webui.history.narrative.sentences import NOT_OURS, UNREADABLE, Reader, opened
from webui.history.query import line_diff
from webui.history.query.labels import field_label
from webui.history.query.line_diff import Line
from webui.models import Tenant
from webui.models.columns import UTCDateTime
from webui.web.template_filters import exact, pretty_json

LONG = 120
"""In characters. A longer value is folded in the page and not part of the sentence."""
TIMES = {
    "valid_until",
    *(c.name for c in inspect(Tenant).columns if isinstance(c.type, UTCDateTime)),
}
"""The names in `changes` whose values are times."""


class Pair(NamedTuple):
    """The change of one field. ``old`` and ``new`` are words; None means no value.

    ``secret``: the entry records only that the value changed.
    """

    name: str
    label: str
    old: str | None
    new: str | None
    mono: bool = False
    secret: bool = False

    @property
    def is_long(self) -> bool:
        """Whether one of the values is too long for a sentence."""
        return max(len(self.old or ""), len(self.new or "")) > LONG

    @property
    def lines(self) -> list[Line]:
        """The difference line by line, of a change between two texts of several lines."""
        return line_diff.between(self.old, self.new)


def pairs(body: Mapping[str, Any], reader: Reader) -> list[Pair]:
    """Returns the changes of an entry that the reader may see; fields of the catalogue first.

    Without those from nothing to nothing: of a new tenant, what it was created without.
    """
    changes = body["changes"]
    names = [name for name in FIELDS if name in changes]
    names += [name for name in changes if name not in FIELDS and name not in LINKS]
    seen = [pair_in(body, name, reader) for name in names if reader.may_see(name)]
    return [pair for pair in seen if (pair.old, pair.new) != (None, None)]


def long_ones(body: Mapping[str, Any], reader: Reader) -> list[Pair]:
    """Returns the changes with a value that is too long for a sentence."""
    # Cheap check first: most values are numbers, switches and short words.
    if not any(_may_be_long(side) for sides in body["changes"].values() for side in sides):
        return []
    return [pair for pair in pairs(body, reader) if pair.is_long]


def _may_be_long(value: Any) -> bool:
    return isinstance(value, dict | list) or (isinstance(value, str) and len(value) > LONG)


LINKS = ("user", "reverts")
"""The names in `changes` that only refer to an object, which did not change."""


def pair_in(body: Mapping[str, Any], name: str, reader: Reader) -> Pair:
    """Returns the change of one field; UNREADABLE values when the entry's text was damaged."""
    try:
        return _pair_of(name, body["changes"][name], reader)
    except NOT_OURS:
        return Pair(name, field_label(name), UNREADABLE, UNREADABLE)


def _pair_of(name: str, sides: list[Any], reader: Reader) -> Pair:
    spec = FIELDS.get(name)
    label = field_label(name)
    if isinstance(spec, Sealed) and not isinstance(spec, Secret):
        old, new = (
            None if value is None else opened(value, name, side, reader)
            for side, value in zip(("old", "new"), sides, strict=True)
        )
        return Pair(name, label, old, new, mono=True)
    old, new = (value_in_words(name, value) for value in sides)
    return Pair(name, label, old, new, isinstance(spec, Metadata), isinstance(spec, Secret))


def value_in_words(name: str, value: Any) -> str | None:
    """Returns a value of an entry's `changes` as text for people; None for no value."""
    spec = FIELDS.get(name)
    if value is None:
        return None
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int):
        return f"{value:,}"
    if name in TIMES:
        return exact(datetime.fromisoformat(value))
    if isinstance(spec, Choice):
        return spec.label_of(value)
    if name == "blocked_services":
        return ", ".join(SERVICE_LABELS[Service(service)] for service in value) or "none"
    return pretty_json(value, by_key=True) if isinstance(value, dict | list) else str(value)
