"""Forms about other people's accounts."""

from uuid import UUID

from webui import values
from webui.core.limits import EMAIL, USERNAME
from webui.core.permissions import STAFF, Role
from webui.web.posted.forms import (
    BaseForm,
    ChoiceField,
    ParsedField,
    reason_field,
    submission_field,
    text_field,
)

# The error when no radio button is chosen.
_CHOOSE_ROLE = "Choose a role."
_STAFF_ROLES = tuple((role.value, role.label) for role in Role if role in STAFF)


def _tenant_id(raw: str) -> UUID:
    try:
        return UUID(raw)
    except ValueError:
        raise values.Refused("Choose the tenant that the owner belongs to.") from None


class ReasonForm(BaseForm):
    """A reason and no other field."""

    reason = reason_field()


class RoleForm(BaseForm):
    """A new role for a colleague."""

    role = ChoiceField("Role", _STAFF_ROLES, missing=_CHOOSE_ROLE)
    reason = reason_field()


class NewUserForm(BaseForm):
    """The account of a colleague or, with a tenant, of an owner."""

    username = text_field(
        USERNAME,
        parse=values.username,
        description="Letters, digits, dots, dashes and underscores. The person signs in with it.",
        render_kw={"autocomplete": "off"},
    )
    email = text_field(
        EMAIL,
        parse=values.email,
        description="Identifies the person. No e-mail is sent to it.",
        render_kw={"autocomplete": "off", "inputmode": "email"},
    )
    role = ChoiceField("Role", _STAFF_ROLES, missing=_CHOOSE_ROLE)
    tenant_id = ParsedField("Tenant", _tenant_id, kind="hidden")
    reason = reason_field()
    submission = submission_field()

    def __init__(self, owner: bool, **options: object) -> None:
        super().__init__(**options)
        if owner:
            self.role.words = ((Role.OWNER.value, Role.OWNER.label),)
        else:
            del self.tenant_id
