"""The forms whose edits can be undone, by the action that they record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from webui.history.record.actions import Action
from webui.history.record.actor import Actor
from webui.tenants.core import operations
from webui.tenants.core.forms import StatusForm, TenantForm
from webui.tenants.core.operations import Edit, Saved
from webui.tenants.core.sections import SECTIONS, STATUS_FIELDS, Section


@dataclass(frozen=True)
class RevertibleForm:
    """The form whose rules an entry's values followed.

    ``save`` saves an edit of it. ``whole``: its fields must be reverted together, as a status and
    the services that it stops. ``partly``: only the fields that go back are saved and compared.
    ``anchor``: the card on the tenant page that shows the result.
    """

    form: type[TenantForm]
    fields: Sequence[str]
    save: Callable[[UUID, Edit, Actor], Saved]
    whole: bool = False
    partly: bool = False
    anchor: str | None = None


# A program may change several sections at once; their forms together judge what it changed.
_EVERY_SECTION: type[TenantForm] = type(
    "EverySectionForm", tuple(section.form for section in SECTIONS.values()), {}
)


def _saves(section: Section) -> Callable[[UUID, Edit, Actor], Saved]:
    return lambda tenant_id, edit, actor: operations.update_section(tenant_id, section, edit, actor)


_REVERTIBLE_FORMS: dict[str, RevertibleForm] = {
    section.action: RevertibleForm(
        section.form, section.fields, _saves(section), anchor=section.anchor
    )
    for section in SECTIONS.values()
}
_REVERTIBLE_FORMS |= {
    Action.TENANT_STATUS: RevertibleForm(
        StatusForm, STATUS_FIELDS, operations.change_status, whole=True
    ),
    Action.TENANT_SEVERAL: RevertibleForm(
        _EVERY_SECTION, _EVERY_SECTION.tenant_fields(), operations.update_fields, partly=True
    ),
}


def revertible_form(action: str) -> RevertibleForm | None:
    """Returns the form whose edits record this action; None when edits cannot be reverted."""
    return _REVERTIBLE_FORMS.get(action)
