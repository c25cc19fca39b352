"""Values for every field of the catalogue, by its kind: a new field is attacked like the others."""

import json
from typing import Any

from webui.core.catalogue import FIELDS, fields_of
from webui.core.field_types import (
    Audience,
    Choice,
    Field,
    Metadata,
    Services,
    Switch,
    Whole,
)
from webui.core.limits import Status
from webui.models import Tenant
from webui.models.columns import UTCDateTime, now
from webui.models.tenant.tenant import AUDIT_KINDS, Audited

STAFF_FIELDS = [name for name, field in FIELDS.items() if field.use.audience is Audience.STAFF]
OTHER_WORD = "other.example"
_SEALED = {"webhook_url": f"https://{OTHER_WORD}/"}


def other_value(field: Field) -> Any:
    """A value that the field may have and does not have by default."""
    default = field.use.default
    if isinstance(field, Switch):
        return not default
    if isinstance(field, Whole):
        return default + 1 if default < field.maximum else default - 1
    if isinstance(field, Choice):
        return next(word for word, _ in field.choices if word != default)
    if isinstance(field, Metadata):
        return {"planted": OTHER_WORD}
    if isinstance(field, Services):
        return [field.names[0]]
    return _SEALED.get(field.name, OTHER_WORD)


def traces_of(field: Field) -> list[str]:
    """What would give the field or its :func:`other_value` away on a page."""
    value = other_value(field)
    if isinstance(field, Choice):
        value = field.label_of(value)
    words = [] if isinstance(value, bool | int) else [_word_of(value)]
    return [field.name, field.label, *words]


def _word_of(value: Any) -> str:
    return OTHER_WORD if isinstance(value, dict) else str(value)


def plain_values() -> dict[str, Any]:
    """Another value for every column of a tenant that stands in entries as it is."""
    plain = [name for name, kind in AUDIT_KINDS.items() if kind is Audited.PLAIN]
    return {name: _other_value_of_column(name) for name in plain}


def _other_value_of_column(name: str) -> Any:
    if name in FIELDS:
        return other_value(FIELDS[name])
    column = Tenant.__table__.columns[name]
    assert isinstance(column.type, UTCDateTime), f"a sample for {name}"
    return now()


def together(name: str) -> dict[str, Any]:
    """What must be set with the other value of a column, so that the row keeps the rules."""
    return {"status": Status.SUSPENDED.value} if name == "blocked_services" else {}


def typed(value: Any) -> str | None:
    """A stored value as a browser posts it; None for what it leaves out."""
    if isinstance(value, bool):
        return "y" if value else None
    if isinstance(value, dict):
        return json.dumps(value) if value else ""
    return "" if value is None else str(value)


def typed_defaults(section: str) -> dict[str, str]:
    """A section of a new tenant as its form posts it; the name is the caller's."""
    fields = [field for field in fields_of(section) if field.name != "name"]
    found = {field.name: typed(field.use.default) for field in fields}
    return {name: value for name, value in found.items() if value is not None}


def as_sql(value: Any) -> str:
    """A plain value as SQL that both databases understand."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dict | list):
        value = json.dumps(value, separators=(",", ":"))
    return "'" + str(value).replace("+00:00", "").replace("'", "''") + "'"
