"""The JSON type of each tenant field, made from its record in the catalogue.

pydantic judges the type and the range, the rules of :mod:`webui.values` judge the rest: what the
form accepts as typed text, the API accepts as a string.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, Field, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from webui import values
from webui.core.catalogue import FIELDS
from webui.core.field_types import (
    MAX_SAFE_INTEGER,
    Choice,
    Metadata,
    Sealed,
    Secret,
    Services,
    Switch,
    Text,
    Whole,
)
from webui.core.field_types import Field as Spec
from webui.webhooks import signing_secret

_FORMATS = {
    "sip_domain": "sip-domain",
    "sip_username": "sip-username",
    "sip_password": "sip-password",
    "webhook_url": "webhook-url",
}
"""Names of formats that JSON Schema does not define; the description says what they accept."""
_PATTERNS = {"sip_password": "^[ -~]*$"}
NO_NUL = r"^[^\u0000]*$"
_LEVEL = "MetadataLevel{}"
_REF = "#/components/schemas/{}"
_SCALARS: list[dict[str, Any]] = [
    {"type": "string", "pattern": NO_NUL},
    {"type": "integer", "minimum": -MAX_SAFE_INTEGER, "maximum": MAX_SAFE_INTEGER},
    {"type": "boolean"},
    {"type": "null"},
]


def accepted(name: str) -> Any:
    """Returns the type of a field in a request; None is accepted where the field may be empty."""
    spec = FIELDS[name]
    kind = _accepted(spec)
    nullable = isinstance(spec, Sealed) and name != signing_secret.FIELD
    return Annotated[kind | None if nullable else kind, _about(spec)]


def returned(name: str) -> Any:
    """Returns the type of a field in a response; None where it is empty or hidden from the role."""
    spec = FIELDS[name]
    hidden = isinstance(spec, Sealed | Metadata)
    # A plan that the catalogue no longer has may still be stored.
    kind = str if isinstance(spec, Choice) and spec.open_maximum else _returned(spec)
    return Annotated[kind | None if hidden else kind, _about(spec, seen=True)]


@dataclass(frozen=True)
class OneOf:
    """Marks a text as one of some words."""

    words: Iterable[str]

    def __get_pydantic_core_schema__(self, _source: Any, _handler: Any) -> CoreSchema:
        """Returns pydantic's schema."""
        return core_schema.literal_schema([str(word) for word in self.words])


def text_schema(spec: Text | Sealed, schema_format: str = "line") -> dict[str, Any]:
    """Returns the JSON schema of a text; its rule counts after trimming, as in a form."""
    schema = {
        "type": "string",
        "minLength": spec.minimum,
        "maxLength": spec.maximum,
        "format": schema_format,
    }
    return schema | ({"pattern": _PATTERNS[spec.name]} if spec.name in _PATTERNS else {})


def metadata_levels(spec: Metadata) -> dict[str, Any]:
    """Returns name -> schema of the values at each level of the metadata, for ``components``.

    JSON Schema has no word for a depth, so each level refers to the next.
    """
    return {
        _LEVEL.format(level): {"anyOf": [*_SCALARS, *_containers(spec, level)]}
        for level in range(2, spec.maximum_depth + 2)
    }


def _containers(spec: Metadata, level: int) -> list[dict[str, Any]]:
    if level > spec.maximum_depth:
        return []
    inner = {"$ref": _REF.format(_LEVEL.format(level + 1))}
    return [{"type": "array", "items": inner}, _object_of(spec, level)]


def _object_of(spec: Metadata, level: int) -> dict[str, Any]:
    return {
        "type": "object",
        "maxProperties": spec.maximum_keys,
        "propertyNames": {"pattern": NO_NUL},
        "additionalProperties": {"$ref": _REF.format(_LEVEL.format(level + 1))},
    }


def _accepted(spec: Spec) -> Any:
    if isinstance(spec, Secret) and spec.name == signing_secret.FIELD:
        return Annotated[
            str,
            AfterValidator(signing_secret.own_secret),
            WithJsonSchema({"type": "string", "pattern": signing_secret.OWN_SECRET}),
        ]
    if isinstance(spec, Sealed):
        return _text(getattr(values, spec.name), text_schema(spec, _FORMATS[spec.name]))
    if isinstance(spec, Metadata):
        return Annotated[
            dict[str, Any],
            AfterValidator(lambda value: values.json_object(values.compact_json(value), spec)),
            WithJsonSchema(_object_of(spec, 1)),
        ]
    if isinstance(spec, Text):
        return _text(lambda raw: values.text(raw, spec), text_schema(spec))
    return _returned(spec)


def _returned(spec: Spec) -> Any:
    if isinstance(spec, Whole):
        return Annotated[int, Field(ge=spec.minimum, le=spec.maximum)]
    if isinstance(spec, Switch):
        return bool
    if isinstance(spec, Services):
        return list[Annotated[str, OneOf(spec.names)]]
    if isinstance(spec, Choice):
        return Annotated[str, OneOf([value for value, _ in spec.choices])]
    if isinstance(spec, Metadata):
        return dict[str, Any]
    return str


def _text(parse: Callable[[str], Any], schema: dict[str, Any]) -> Any:
    def judge(raw: str) -> Any:
        value = parse(raw)
        if value is None:
            raise values.Refused("Send null to remove the value; an empty text is none.")
        return value

    return Annotated[str, AfterValidator(judge), WithJsonSchema(schema)]


def _about(spec: Spec, *, seen: bool = False) -> Any:
    words = [spec.help]
    if isinstance(spec, Secret):
        words += [
            signing_secret.OWN_FORM if spec.name == signing_secret.FIELD else "",
            "Write-only.",
        ]
    elif seen and isinstance(spec, Sealed):
        words.append("Null for auditors, who may not see it.")
    elif seen and isinstance(spec, Metadata):
        words.append("Null for owners, who may not see it.")
    return Field(title=spec.label, description=" ".join(filter(None, words)) or None)
