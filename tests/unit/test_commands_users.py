"""The commands for accounts, as somebody on the server types them."""

import getpass
import sys
from io import StringIO

import pytest

from tests.factories import make_user
from tests.history import assert_audited, assert_history_holds, count_entries
from tests.raw import unchanged
from webui.accounts.operations import find_user
from webui.commands import groups
from webui.history.record.actions import Action
from webui.models.user import NO_PASSWORD

PASSWORD = "correct horse battery"


@pytest.fixture
def run(app):
    """Runs `flask users ...`; says how it ended and what it printed."""

    def run(*arguments, given=None, code=0):
        result = app.test_cli_runner().invoke(args=["users", *arguments], input=given)
        assert result.exit_code == code, result.output
        return result.output

    return run


def create(run, *more, code=0, role="admin", given=f"{PASSWORD}\n"):
    account = ("--username", "Nia.Obi", "--email", "nia@x.example", "--role", role)
    return run("create", *account, "--password-stdin", *more, given=given, code=code)


class TestCreate:
    def test_makes_an_account_that_can_sign_in(self, run):
        assert create(run, "--reason", "first admin") == "Created Nia.Obi, role admin.\n"
        assert find_user("nia.obi").password_hash.startswith("$argon2id$")
        body = assert_audited(Action.USER_CREATED, source="cli", reason="first admin")
        assert PASSWORD not in repr(body)

    @pytest.mark.parametrize("given", ["short\n", "password1\n", "nia@x.example\n", ""])
    def test_judges_the_password_by_the_one_rule(self, run, given):
        with unchanged():
            create(run, given=given, code=1)

    def test_asks_on_a_terminal_and_shows_nothing(self, monkeypatch):
        terminal = StringIO("typed and shown\n")
        terminal.isatty = lambda: True
        monkeypatch.setattr(sys, "stdin", terminal)
        monkeypatch.setattr(getpass, "getpass", lambda: PASSWORD)
        assert groups.read_password() == PASSWORD

    def test_of_an_owner_needs_a_tenant(self, run):
        with unchanged():
            create(run, role="owner", code=1)


class TestList:
    def test_says_the_state_of_each(self, run):
        make_user("support", username="anna", active=False)
        make_user("support", username="bert", password_hash=NO_PASSWORD)
        make_user("auditor", username="carl")
        found = [line.split()[:3] for line in run("list").splitlines()]
        assert found == [
            ["anna", "support", "disabled"],
            ["bert", "support", "invited"],
            ["carl", "auditor", "active"],
        ]


class TestDisable:
    def test_ends_and_enabling_takes_it_back(self, run):
        make_user("support", username="anna")
        assert run("disable", "ANNA", "--reason", "left us") == "Disabled ANNA.\n"
        assert_audited(Action.USER_DISABLED, source="cli", reason="left us")
        assert not find_user("anna").active
        entries = count_entries()
        assert "disabled already" in run("disable", "anna")
        assert count_entries() == entries
        assert run("enable", "anna") == "Enabled anna.\n"
        assert_audited(Action.USER_ENABLED)
        assert "enabled already" in run("enable", "anna")
        assert_history_holds()

    def test_refuses_the_last_admin(self, run):
        make_user("admin", username="anna")
        with unchanged():
            assert "last admin" in run("disable", "anna", code=1)

    @pytest.mark.parametrize("arguments", [("nobody",), ("anna", "--reason", "x")])
    def test_says_what_is_wrong(self, run, arguments):
        make_user("support", username="anna")
        with unchanged():
            assert "Error: " in run("disable", *arguments, code=1)
