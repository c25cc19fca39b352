"""Which entries an edit could set back: those of a section or of the status, secrets apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from webui.audit.actions import Action
from webui.catalogue import FIELDS
from webui.field_types import Secret
from webui.tenants.forms import StatusForm, TenantForm
from webui.tenants.sections import SECTIONS, STATUS_FIELDS, Section


@dataclass(frozen=True)
class Part:
    """The form that an entry came through; ``section`` is None for the status."""

    form: type[TenantForm]
    fields: Sequence[str]
    section: Section | None

    @property
    def whole(self) -> bool:
        """Whether its fields only go together: a status and the services it stops."""
        return self.section is None


_PARTS: dict[str, Part] = {
    section.action: Part(section.form, section.fields, section) for section in SECTIONS.values()
}
_PARTS[Action.TENANT_STATUS] = Part(StatusForm, STATUS_FIELDS, None)


def part_of(action: str) -> Part | None:
    """The part of a tenant that an action edits; None for anything else."""
    return _PARTS.get(action)


def is_undoable(body: Mapping[str, Any]) -> bool:
    """Whether at least one field of the entry could be set back."""
    part = part_of(body["action"])
    return part is not None and any(
        name in part.fields and not isinstance(FIELDS[name], Secret) for name in body["changes"]
    )
