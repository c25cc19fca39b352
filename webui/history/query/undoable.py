"""Which entries can be undone: changes of sections or of the status, except secrets."""

from collections.abc import Mapping
from typing import Any

from webui.core.catalogue import FIELDS, TENANT_STATUS_CHANGED
from webui.core.field_types import Field, Secret
from webui.history.record.actions import Action, section_action

# Action -> the fields that can be undone. No entry contains the old value of a secret.
_FIELDS: dict[str, set[str]] = {}


def _action_of(field: Field) -> Action | None:
    if field.use.section:
        return section_action(field.use.section)
    return Action.TENANT_STATUS if field.use.event == TENANT_STATUS_CHANGED else None


for _field in FIELDS.values():
    _action = _action_of(_field)
    if _action and not isinstance(_field, Secret):
        _FIELDS.setdefault(_action, set()).add(_field.name)
        if _field.use.section:
            _FIELDS.setdefault(Action.TENANT_SEVERAL, set()).add(_field.name)


def is_undoable(body: Mapping[str, Any]) -> bool:
    """Whether at least one field of an entry's body can be undone."""
    return not _FIELDS.get(body["action"], set()).isdisjoint(body["changes"])
