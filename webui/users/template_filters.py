"""Labels of roles and account states for the templates."""

from functools import cache

from flask import Flask
from markupsafe import Markup

from webui.core.permissions import Role
from webui.models.user import AccountState
from webui.web.template_filters import badge

STATE_LABELS = {
    AccountState.ACTIVE: "Active",
    AccountState.INVITED: "Invited",
    AccountState.DISABLED: "Disabled",
}
_TONES = {AccountState.ACTIVE: "good", AccountState.INVITED: "warn"}


def init_user_filters(app: Flask) -> None:
    """Registers the filters and globals of the account templates."""
    app.jinja_env.filters["account_badge"] = account_badge
    app.jinja_env.globals.update(
        role_labels={role.value: role.label for role in Role},
        role_meanings={role.value: role.meaning for role in Role},
        state_labels={state.value: label for state, label in STATE_LABELS.items()},
    )


@cache
def account_badge(state: AccountState) -> Markup:
    """Returns the state of an account as a coloured badge."""
    return badge(_TONES.get(state, ""), STATE_LABELS[state])
