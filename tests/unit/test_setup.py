"""`flask setup`: keys are made once, are their owner's alone, and are never made anew."""

import re
from pathlib import Path

import pytest

from config import ROOT, Config
from tests import raw
from tests.apps import an_app, inside
from webui.commands import groups
from webui.core.permissions import Role

KEYS = ("audit_key", "keyring.json", "secret_key")
DEMO = "demo-accounts.txt"


@pytest.fixture
def instance(tmp_path, database_url, monkeypatch) -> Path:
    """An instance folder with nothing in it, beside a database without rows."""
    folder = tmp_path / "instance"
    monkeypatch.setenv("WEBUI_INSTANCE", str(folder))
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("WEBUI_ORIGIN", "https://console.example")
    monkeypatch.setattr(groups, "DEMO_TENANTS", 2)
    return folder


def setup(*options: str, code: int = 0) -> tuple[str, dict[str, list[str]]]:
    """Runs the command in a process of its own, as it were: what it says, and all rows then."""
    app = an_app(Config.from_environment(), setting_up=True)
    with inside(app):
        result = app.test_cli_runner().invoke(args=["setup", *options])
        assert result.exit_code == code, result.output
        return result.output, raw.everything()


def files(instance: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in instance.iterdir() if path.is_file()}


class TestSetup:
    def test_makes_keys_that_only_their_owner_can_read(self, instance):
        setup()
        assert sorted(files(instance)) == list(KEYS)
        assert {oct((instance / name).stat().st_mode)[-3:] for name in KEYS} == {"600"}
        assert Config.from_environment().check_keys() is None

    def test_says_what_a_server_would_still_lack(self, instance, monkeypatch):
        monkeypatch.delenv("WEBUI_ORIGIN")
        monkeypatch.setenv("WEBUI_ENV", "production")
        said = setup()[0].removeprefix(f"{groups.FIRST_ADMIN}\n")
        assert said.startswith("Not ready to serve yet. WEBUI_ORIGIN is not set: production")
        assert sorted(files(instance)) == list(KEYS)

    def test_makes_other_keys_every_time(self, instance):
        setup()
        first = files(instance)
        (instance / "secret_key").unlink()
        (instance / "audit_key").unlink()
        setup()
        assert [name for name in KEYS if files(instance)[name] == first[name]] == ["keyring.json"]

    def test_once_more_changes_nothing(self, instance):
        _, rows = setup("--demo")
        before = files(instance)
        again, rows_again = setup("--demo")
        assert (files(instance), rows_again) == (before, rows)
        assert "password" not in again.lower()

    def test_makes_no_new_ring_for_a_database_that_has_one(self, instance):
        _, rows = setup()
        (instance / "keyring.json").unlink()
        said, rows_again = setup(code=1)
        assert said == "Error: the database uses key k1: restore the key ring\n"
        assert sorted(files(instance)) == ["audit_key", "secret_key"]
        assert rows_again == rows


class TestFirstAdmin:
    def test_is_asked_for_until_there_is_one(self, instance):
        said = setup()[0]
        assert said == f"{groups.FIRST_ADMIN}\n"
        command = re.search(r"flask --app wsgi (users create .*)", said)[1]
        arguments = command.replace("NAME", "ada").replace("ADDRESS", "ada@b.example").split()
        app = an_app(Config.from_environment())
        with inside(app):
            given = "correct horse battery staple\n"
            result = app.test_cli_runner().invoke(args=arguments, input=given)
            assert result.output == "Created ada, role admin.\n"
        assert setup()[0] == ""

    def test_is_told_alike_in_the_documents(self):
        command = groups.FIRST_ADMIN.splitlines()[1].strip()
        for name in ("README.md", "docs/operations.md"):
            assert command in (ROOT / name).read_text(), name


class TestDemo:
    def test_prints_the_accounts_once_and_keeps_them_for_their_owner(self, instance):
        said, rows = setup("--demo")
        kept = [line.split() for line in (instance / DEMO).read_text().splitlines()]
        assert [name for name, _ in kept] == list(Role)
        assert all(password in said for _, password in kept)
        assert not any(password in repr(rows) for _, password in kept)
        assert oct((instance / DEMO).stat().st_mode)[-3:] == "600"
        assert len(rows["tenants"]) == 2
        assert setup("--demo")[0] == ""
