"""The form of a new API token."""

from typing import Any, cast

from wtforms import SelectMultipleField
from wtforms.validators import ValidationError

from webui import values
from webui.accounts.api_tokens.operations import NO_SCOPE, NewToken
from webui.accounts.api_tokens.scopes import Scope, scopes_of_role
from webui.accounts.factors.factors import Factors
from webui.accounts.factors.forms import ConfirmForm
from webui.core.limits import TOKEN_DAYS, TOKEN_DAYS_DEFAULT, TOKEN_NAME, TOKEN_PURPOSE
from webui.web.posted.forms import ParsedField, submission_field, text_field

_ON_PAGE = ("name", "purpose", "scopes", "days", "current_password", "current_code")


class TokenForm(ConfirmForm):
    """A new API token, confirmed by password and second factor; ``role`` is the account's."""

    name = text_field(
        TOKEN_NAME,
        description="Names the program. It stands in the history beside what the program changed.",
        render_kw={"autocomplete": "off"},
    )
    purpose = text_field(
        TOKEN_PURPOSE,
        description="What the program does. It is the reason of changes that give none.",
        render_kw={"autocomplete": "off"},
    )
    scopes = SelectMultipleField("What it may do")
    days = ParsedField(
        f"{TOKEN_DAYS.label} (days)",
        lambda raw: values.whole_number(raw, TOKEN_DAYS),
        kind="number",
        default=str(TOKEN_DAYS_DEFAULT),
        description=f"{TOKEN_DAYS.minimum} to {TOKEN_DAYS.maximum}. Then the program is refused.",
        render_kw={"inputmode": "numeric", "autocomplete": "off", "required": True},
    )
    submission = submission_field()

    def __init__(self, has: Factors, role: str, *formdata: Any, **options: Any) -> None:
        super().__init__(has, *formdata, **options)
        self.scopes.choices = [(scope.value, scope.label) for scope in scopes_of_role(role)]

    def validate_scopes(self, field: SelectMultipleField) -> None:
        """Requires a scope, in words of our own."""
        if field.errors or not field.data:
            field.errors = []
            raise ValidationError(NO_SCOPE)

    @property
    def first_error(self) -> str | None:
        """The first field with an error, in the order of the page."""
        return next((name for name in _ON_PAGE if name in self and self[name].errors), None)

    @property
    def chosen(self) -> NewToken:
        """What a valid form asks for."""
        scopes = frozenset(map(Scope, cast(list[str], self.scopes.data)))
        return NewToken(self.name.value, self.purpose.value, scopes, self.days.value)
