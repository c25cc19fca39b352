"""The public address: written as browsers write it, and demanded where requests are answered."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from config import ROOT, ConfigError
from tests import processes
from tests.apps import a_config
from tests.unit.test_config import from_environment
from webui import create_app

BIN = Path(sys.executable).parent


@pytest.fixture
def production(tmp_path):
    return a_config(tmp_path, "sqlite://", environment="production")


class TestOrigin:
    @pytest.mark.parametrize(
        ("given", "origin"),
        [
            ("HTTPS://Console.EXAMPLE/", "https://console.example"),
            ("https://console.example:443", "https://console.example"),
            ("https://console.example:8443", "https://console.example:8443"),
            ("http://localhost:80/", "http://localhost"),
            ("http://localhost:443", "http://localhost:443"),
            ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ],
    )
    def test_is_written_as_a_browser_writes_it(self, given, origin):
        assert from_environment(WEBUI_ORIGIN=given).origin == origin


class TestHosts:
    def test_follow_from_the_origin(self):
        config = from_environment(WEBUI_ORIGIN="https://console.example:8443")
        assert config.hosts == ("console.example",)

    def test_are_the_allowed_ones_when_they_are_set(self):
        config = from_environment(
            WEBUI_ORIGIN="https://console.example", WEBUI_ALLOWED_HOSTS="a.example b.example"
        )
        assert config.hosts == ("a.example", "b.example")

    def test_are_those_of_this_machine_in_development(self):
        assert from_environment(WEBUI_ENV="development").hosts == ("localhost", "127.0.0.1")


class TestCheckServing:
    def test_refuses_production_without_an_origin(self, production):
        assert production.check_serving() is None
        with pytest.raises(ConfigError, match="WEBUI_ORIGIN is not set: production needs"):
            replace(production, origin=None).check_serving()

    def test_refuses_an_origin_whose_links_anybody_could_read(self, production):
        with pytest.raises(ConfigError, match="WEBUI_ORIGIN must begin with https"):
            replace(production, origin="http://console.example").check_serving()
        assert replace(production, origin="http://localhost:8000").check_serving() is None

    def test_asks_nothing_of_development(self, production):
        assert replace(production, environment="development", origin=None).check_serving() is None

    def test_stops_the_application(self, production):
        with pytest.raises(ConfigError, match="WEBUI_ORIGIN"):
            create_app(replace(production, origin=None))


class TestProcesses:
    """Without WEBUI_ORIGIN commands work in production, and a server does not start."""

    @pytest.fixture
    def settings(self, tmp_path):
        return {"WEBUI_INSTANCE": str(tmp_path), "PATH": "/usr/bin:/bin"}

    def test_setup_and_commands_work_and_servers_refuse(self, settings):
        status, said = processes.flask(settings, "setup").end()
        assert (status, "Not ready to serve yet. WEBUI_ORIGIN is not set" in said) == (0, True)
        assert processes.flask(settings, "users", "list").end() == (0, "")
        status, said = processes.flask(settings, "run", "--port", "0").end()
        assert status == 1
        assert said.startswith("Error: WEBUI_ORIGIN is not set: production needs its public")
        status, said = gunicorn(settings)
        assert status != 0
        assert "WEBUI_ORIGIN is not set: production needs its public address" in said


def gunicorn(settings: dict[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        [BIN / "gunicorn", "wsgi:app", "--bind", "127.0.0.1:0", "--no-control-socket"],
        env=settings,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr
