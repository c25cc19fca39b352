"""The form in which a person chooses a password."""

from wtforms.validators import ValidationError

from webui import values
from webui.accounts import password_rule
from webui.accounts.forms import new_password_field
from webui.forms import BaseForm, ParsedField
from webui.models import User


class ChoosePasswordForm(BaseForm):
    """A new password for one account."""

    password = new_password_field()

    def __init__(self, user: User) -> None:
        super().__init__()
        self.user = user

    def validate_password(self, field: ParsedField) -> None:
        """The one rule for passwords, with the names that it must not be."""
        try:
            password_rule.check(field.value, self.user.username, self.user.email)
        except values.Refused as refusal:
            raise ValidationError(str(refusal)) from None
