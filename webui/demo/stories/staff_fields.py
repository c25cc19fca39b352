"""What staff keep about customers: believable values of every field that is for staff only."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from webui.core.catalogue import FIELDS
from webui.core.field_types import Audience, Choice, Field, Metadata, Switch
from webui.demo.stories.profiles import Values, metadata

STAFF_FIELDS = [field for field in FIELDS.values() if field.use.audience is Audience.STAFF]


def staff_values(rng: Random) -> Values:
    """A value of each of the fields. Raises KeyError for a kind that nobody made values of yet."""
    return {field.name: _VALUES[type(field)](rng, field) for field in STAFF_FIELDS}


def change_of(rng: Random, field: Field, stored: Any) -> Any:
    """Another value of a field; what metadata had is kept as a rule."""
    value = _VALUES[type(field)](rng, field)
    if not isinstance(field, Metadata):
        return value
    kept = stored if rng.random() < 0.7 else {}
    return {**value, **kept, "seats": rng.randrange(3, 400)}


def noted(words: Mapping[str, Any]) -> Values:
    """Words as metadata."""
    return {field.name: dict(words) for field in STAFF_FIELDS if isinstance(field, Metadata)}


def _word(rng: Random, field: Any) -> str:
    """As a rule the first word."""
    words = [word for word, _ in field.choices]
    return rng.choices(words, [4 * len(words), *[1] * (len(words) - 1)])[0]


_VALUES: dict[type[Field], Callable[[Random, Field], Any]] = {
    Metadata: lambda rng, _field: metadata(rng),
    Choice: _word,
    Switch: lambda rng, _field: rng.random() < 0.2,
}
