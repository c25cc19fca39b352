"""What pages call roles and states."""

from functools import cache

from flask import Flask
from markupsafe import Markup

from webui.filters import badge
from webui.models.user import AccountState
from webui.permissions import Role

ROLE_LABELS = {
    Role.SUPPORT: "Support",
    Role.ADMIN: "Admin",
    Role.AUDITOR: "Auditor",
    Role.OWNER: "Owner",
}
ROLE_MEANINGS = {
    Role.SUPPORT: "finds and changes tenants, gives owners a reset link",
    Role.ADMIN: "what support may, and accounts, keys and exports",
    Role.AUDITOR: "reads everything but SIP identities, changes nothing",
    Role.OWNER: "a customer: sees and changes one organisation",
}
STATE_LABELS = {
    AccountState.ACTIVE: "Active",
    AccountState.INVITED: "Invited",
    AccountState.DISABLED: "Disabled",
}
_TONES = {AccountState.ACTIVE: "good", AccountState.INVITED: "warn"}


def init_words(app: Flask) -> None:
    """Gives the templates their words."""
    app.jinja_env.filters["account_badge"] = account_badge
    app.jinja_env.globals.update(
        role_labels={role.value: label for role, label in ROLE_LABELS.items()},
        role_meanings={role.value: words for role, words in ROLE_MEANINGS.items()},
        state_labels={state.value: label for state, label in STATE_LABELS.items()},
    )


@cache
def account_badge(state: AccountState) -> Markup:
    """Whether somebody can sign in, as a word in its colour."""
    return badge(_TONES.get(state, ""), STATE_LABELS[state])
