"""What people change of their own account: preferences and password."""

from collections.abc import Container
from typing import Any

from webui import values
from webui.accounts.forms import current_password_field, explain_password, new_password_field
from webui.core.limits import THEMES
from webui.web.posted.forms import BaseForm, ParsedField, SwitchField


class PreferencesForm(BaseForm):
    """How the console looks to one person, and which keys do something."""

    time_zone = ParsedField("Time zone", values.time_zone, kind="zone")
    theme = ParsedField("Theme", lambda raw: _one_of(raw, THEMES), kind="theme")
    shortcuts = SwitchField("Single-key shortcuts")


class TimeZoneForm(BaseForm):
    """The answer to the offer of the browser's time zone."""

    time_zone = ParsedField("Time zone", values.time_zone, kind="zone")


class PasswordForm(BaseForm):
    """The current password and a new one; the rule is judged by the operation."""

    current_password = current_password_field("Current password")
    password = new_password_field("New password")

    def __init__(self, role: str, **options: Any) -> None:
        super().__init__(**options)
        explain_password(self.password, role)


def _one_of(raw: str, words: Container[str]) -> str:
    if raw not in words:
        raise values.Refused("Choose one from the list.")
    return raw
