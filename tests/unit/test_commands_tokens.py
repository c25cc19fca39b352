"""The commands for API tokens, as somebody on the server types them."""

from uuid import uuid4

import pytest

from tests import raw
from tests.api_tokens import bearer, make_token, refusal
from tests.factories import make_user
from tests.history import assert_audited, assert_history_holds
from webui.accounts.api_tokens.authentication import REVOKED
from webui.accounts.api_tokens.scopes import Scope
from webui.commands.tokens import BAD_SEAL
from webui.crypto.token_text import is_wellformed
from webui.history.record.actions import Action


@pytest.fixture
def run(app):
    """Runs `flask tokens ...`; returns what it printed on standard output."""

    def run(*arguments, code=0):
        result = app.test_cli_runner().invoke(args=["tokens", *arguments])
        assert result.exit_code == code, result.output
        return result.stderr if code else result.stdout

    return run


@pytest.fixture
def anna(app):
    return make_user("support", username="anna")


def create(run, *more, code=0):
    return run("create", "--username", "Anna", "--name", "CRM sync", *more, code=code)


class TestCreate:
    def test_prints_the_token_alone(self, app, run, anna):
        printed = create(run, "--scope", "tenants:read", "--scope", "history:read", "--days", "7")
        token = printed.removesuffix("\n")
        assert is_wellformed(token)
        found = bearer(app, token)
        assert (found.person.username, found.name) == ("anna", "CRM sync")
        assert found.scopes == {Scope.TENANTS_READ, Scope.HISTORY_READ}
        assert found.purpose == "API token CRM sync"
        assert token not in str(raw.everything())
        assert_history_holds()

    def test_takes_several_scopes_after_one_option(self, app, run, anna):
        token = create(run, "--scope", "tenants:read", "tenants:write", "--days", "7").strip()
        assert bearer(app, token).scopes == {Scope.TENANTS_READ, Scope.TENANTS_WRITE}

    def test_records_who_why_and_for_whom(self, app, run, anna):
        create(run, "--scope", "tenants:read", "--reason", "OPS-7", "--purpose", "Copies tenants")
        body = assert_audited(Action.TOKEN_CREATED, source="cli", reason="OPS-7")
        assert body["actor"]["type"] == "cli"
        assert body["changes"]["username"][1] == "anna"
        assert body["changes"]["token_purpose"][1] == "Copies tenants"

    @pytest.mark.parametrize(
        ("more", "code", "words"),
        [
            ((), 2, "Missing option '--scope'"),
            (("--scope", "everything"), 2, "everything"),
            (("--scope", "usage:write", "--username", "olga"), 1, "usage:write"),
            (("--scope", "tenants:read", "--username", "nobody"), 1, "no account nobody"),
            (("--scope", "tenants:read", "--username", "gone"), 1, "disabled"),
            (("--scope", "tenants:read", "--days", "366"), 2, "366"),
            (("--scope", "tenants:read", "--days", "0"), 2, "0"),
            (("--scope", "tenants:read", "--name", "x" * 61), 1, "60"),
            (("--scope", "tenants:read", "--reason", "x"), 1, "3 to 200"),
        ],
    )
    def test_refuses(self, run, anna, more, code, words):
        make_user("owner", username="olga")
        make_user("support", username="gone", active=False)
        with raw.unchanged():
            assert words in create(run, *more, code=code)


class TestList:
    def test_says_whose_what_and_until_when(self, app, run, anna):
        token, owners = make_token(anna, days=30), make_token(make_user("owner"), days=20)
        bearer(app, token.text)
        first, second = run("list").splitlines()
        assert first.startswith(f"{owners.row.id}  ")
        assert "never used" in first
        ends = token.row.expires_at
        assert second.startswith(f"{token.row.id}  anna")
        assert f"until {ends:%Y-%m-%d}" in second
        assert "  CRM sync" in second
        assert "tenants:read,tenants:write" in second
        assert token.text not in second
        raw.past_the_guards(f"UPDATE api_tokens SET seal = '' WHERE name = '{token.row.name}'")
        assert run("list").count(BAD_SEAL) == 2

    def test_leaves_out_what_ended(self, run, anna):
        token = make_token(anna)
        run("revoke", str(token.row.id))
        assert run("list") == ""


class TestRevoke:
    def test_ends_it_at_once(self, app, run, anna):
        token = make_token(anna)
        assert run("revoke", str(token.row.id), "--reason", "OPS-8") == "Revoked CRM sync.\n"
        assert refusal(app, token.text) == REVOKED
        assert_audited(Action.TOKEN_REVOKED, source="cli", reason="OPS-8")
        with raw.unchanged():
            assert "not valid any more" in run("revoke", str(token.row.id))

    def test_refuses_what_is_none(self, run, anna):
        assert "there is no token" in run("revoke", str(uuid4()), code=1)
        run("revoke", "nonsense", code=2)
