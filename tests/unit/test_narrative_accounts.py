"""What the history says of accounts: a change on the left, its sentence on the right."""

import pytest

from webui.history.narrative.accounts import SENTENCES
from webui.history.record.actions import Action

NAMED = {"username": ["anna", "anna"]}


@pytest.mark.parametrize(
    ("action", "changes", "sentence"),
    [
        (Action.USER_INVITED, {"role": [None, "support"]}, "Invited anna, role support"),
        (Action.USER_DISABLED, {"active": [True, False]}, "Disabled the account anna"),
        (Action.USER_ENABLED, {"active": [False, True]}, "Enabled the account anna"),
        (
            Action.USER_ROLE,
            {"role": ["support", "admin"]},
            "Changed the role of anna from support to admin",
        ),
        (Action.INVITATION_ISSUED, {}, "Issued a new invitation for anna"),
        (Action.RESET_LINK_ISSUED, {}, "Issued a reset link for anna"),
        (
            Action.USER_PASSWORD_SET,
            {"link": [None, "invitation"]},
            "Chose a password by an invitation",
        ),
        (
            Action.USER_PASSWORD_SET,
            {"link": [None, "reset"], "ended_sessions": [None, 2]},
            "Chose a password by a reset link; ended 2 sessions",
        ),
        (
            Action.USER_PASSWORD_SET,
            {"link": [None, "reset"], "revoked_tokens": [None, ["CRM sync", "Nightly"]]},
            "Chose a password by a reset link; revoked the API tokens CRM sync, Nightly",
        ),
        (
            Action.USER_DISABLED,
            {"active": [True, False], "revoked_tokens": [None, ["CRM sync"]]},
            "Disabled the account anna; revoked the API token CRM sync",
        ),
        (
            Action.TOKEN_CREATED,
            {
                "token": [None, "CRM sync"],
                "token_scopes": [None, ["tenants:read", "tenants:write"]],
                "token_expires_at": [None, "2027-02-28T14:52:07.000123Z"],
            },
            "Created the API token CRM sync of anna, for tenants:read, tenants:write, "
            "valid until 2027-02-28",
        ),
        (
            Action.TOKEN_REVOKED,
            {"token": [None, "CRM sync"]},
            "Revoked the API token CRM sync of anna",
        ),
        (
            Action.TOKEN_USED,
            {"token": [None, "CRM sync"]},
            "Used the API token CRM sync, for the first time that day",
        ),
        (Action.USER_SESSIONS_REVOKED, {}, "Signed anna out everywhere"),
        (Action.USER_FACTORS_REMOVED, {}, "Removed the second factor of anna"),
    ],
)
def test_sentence(action, changes, sentence):
    parts = SENTENCES[action]({**NAMED, **changes})
    assert "".join(part.text for part in parts) == sentence


def test_every_action_of_an_account_has_one():
    actions = {
        action for action in Action if action.value.startswith(("user.", "session.", "token."))
    }
    assert actions - SENTENCES.keys() == set()
