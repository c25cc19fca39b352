"""The sign-up form. The wizard uses the forms of the tenants' sections."""

from typing import Any, cast

from webui import values
from webui.accounts.forms import check_password_field, explain_password, new_password_field
from webui.accounts.password_rule import Holder
from webui.core.catalogue import FIELDS
from webui.core.field_types import Text
from webui.core.limits import EMAIL, USERNAME
from webui.core.permissions import Role
from webui.web.posted.forms import BaseForm, ParsedField, submission_field, text_field

_NAME = cast(Text, FIELDS["name"])


class SignUpForm(BaseForm):
    """A new organisation and its first owner. Other posted fields are ignored."""

    organisation = text_field(
        _NAME,
        label="Organisation",
        description="The name your customers know you by.",
        render_kw={"autocomplete": "organization"},
    )
    username = text_field(
        USERNAME,
        parse=values.username,
        description="Letters, digits, dots, dashes and underscores. You sign in with it.",
        render_kw={"autocomplete": "username"},
    )
    email = text_field(
        EMAIL,
        parse=values.email,
        description="So that our support team can reach you. You can sign in with it too.",
        render_kw={"autocomplete": "email", "inputmode": "email"},
    )
    password = new_password_field()
    submission = submission_field()

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        explain_password(self.password, Role.OWNER)

    def validate_password(self, field: ParsedField) -> None:
        """Applies the password rule to the field, with the names that the password must not
        contain.
        """
        names = (self.username.value, self.email.value, self.organisation.value)
        check_password_field(field, Holder(Role.OWNER, *(name or "" for name in names)))
