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
        (Action.USER_SESSIONS_REVOKED, {}, "Signed anna out everywhere"),
        (Action.USER_FACTORS_REMOVED, {}, "Removed the second factor of anna"),
    ],
)
def test_sentence(action, changes, sentence):
    parts = SENTENCES[action]({**NAMED, **changes})
    assert "".join(part.text for part in parts) == sentence


def test_every_action_of_an_account_has_one():
    actions = {action for action in Action if action.value.startswith(("user.", "session."))}
    assert actions - SENTENCES.keys() == set()
