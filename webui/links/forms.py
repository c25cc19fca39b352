"""The form in which a person chooses a password."""

from webui.accounts.forms import check_password_field, explain_password, new_password_field
from webui.accounts.password_rule import Holder
from webui.models import User
from webui.web.posted.forms import BaseForm, ParsedField


class ChoosePasswordForm(BaseForm):
    """A new password for one account."""

    password = new_password_field()

    def __init__(self, user: User) -> None:
        super().__init__()
        self.user = user
        explain_password(self.password, user.role)

    def validate_password(self, field: ParsedField) -> None:
        """Checks the password rule for this account."""
        check_password_field(field, Holder.of(self.user))
