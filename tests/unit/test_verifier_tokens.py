"""What `audit verify` says of API tokens that somebody wrote into the database."""

import pytest

from tests import raw
from tests.api_tokens import make_token
from tests.factories import an_actor, make_user
from tests.unit.test_verifier import result
from webui.accounts.api_tokens import operations
from webui.history.record.actor import command_actor
from webui.history.verification.token_rows import UNMADE
from webui.models.seals.user_seals import CHANGED, ROLLED_BACK
from webui.users.operations import AccountChange, set_active

pytestmark = pytest.mark.both_databases


@pytest.fixture
def support(app):
    return make_user("support")


@pytest.fixture
def token(support):
    return make_token(support).row


def said(app):
    return [problem.text for problem in result(app).problems]


def test_nothing_of_tokens_that_are_as_they_were_saved(app, support, token):
    make_token(make_user("owner"))
    operations.revoke_own(support.id, token.id, an_actor(support))
    # The same name again, after the other one's end.
    make_token(support)
    assert said(app) == []


@pytest.mark.parametrize(
    "change", ["scopes = 'usage:write'", "expires_at = '2999-01-01 00:00:00+00:00'", "seal = ''"]
)
def test_one_that_was_changed(app, token, change):
    raw.past_the_guards(f"UPDATE api_tokens SET {change}")
    assert said(app) == [f"api_tokens {token.id} does not match its seal: {CHANGED}."]


def test_one_that_no_entry_made(app, token):
    raw.past_the_guards("UPDATE audit_entries SET action = 'user.created' WHERE seq = 2")
    assert f"api_tokens {token.id} does not match its seal: {UNMADE}." in said(app)


def test_entries_that_somebody_spoiled_stop_nothing(app, support, token):
    disable(support, token)
    raw.past_the_guards(
        """UPDATE audit_entries SET body = replace(body, '["CRM sync"]', '7')""",
        "UPDATE api_tokens SET ended_at = NULL, seal = ''",
    )
    assert f"api_tokens {token.id} does not match its seal: {CHANGED}." in said(app)


def revoke(user, token):
    operations.revoke_own(user.id, token.id, an_actor(user))


def disable(user, _token):
    set_active(AccountChange(user.id, "leaves"), False, command_actor("ops"))


@pytest.mark.parametrize("end", [revoke, disable])
def test_one_that_was_put_back(app, support, token, end):
    seal = token.seal
    end(support, token)
    raw.past_the_guards(f"UPDATE api_tokens SET ended_at = NULL, seal = '{seal}'")
    assert said(app) == [f"api_tokens {token.id} does not match its seal: {ROLLED_BACK}."]
