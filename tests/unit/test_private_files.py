"""What the product writes is its account's alone, whatever the umask and whatever was there."""

import os
import stat
from pathlib import Path

import pytest

from tests import processes
from tests.apps import a_config
from webui.core.private_files import keep_private


def modes(folder: Path) -> dict[str, str]:
    """The mode of everything in a folder but the static files, which are no secret."""
    found = [folder, *(p for p in folder.rglob("*") if "static" not in p.parts)]
    return {
        p.relative_to(folder.parent).as_posix(): oct(stat.S_IMODE(p.stat().st_mode)) for p in found
    }


@pytest.fixture
def lax(monkeypatch):
    """A process that lets everybody read and write what it makes."""
    before = os.umask(0)
    yield
    os.umask(before)


def with_no_mask(environment: dict[str, str], command: tuple[str, ...]) -> None:
    os.umask(0)
    processes.run_flask(environment, command)


class TestCommands:
    def test_make_private_files_and_close_those_of_before(self, tmp_path):
        instance = tmp_path / "instance"
        environment = {"WEBUI_INSTANCE": str(instance), "WEBUI_ENV": "development"}

        def run(*command):
            status, said = processes.Child(with_no_mask, environment, command).end()
            assert status == 0, said

        run("setup")
        run("audit", "checkpoint")
        found = modes(instance)
        assert {"instance/tenants.db", "instance/keyring.json"} <= found.keys()
        assert found.pop("instance") == "0o700"
        assert set(found.values()) == {"0o600"}
        for path in instance.iterdir():
            path.chmod(0o666 if path.is_file() else 0o777)
        instance.chmod(0o755)
        run("users", "list")
        again = modes(instance)
        assert again.pop("instance") == "0o700"
        assert set(again.values()) == {"0o600"}


class TestKeepPrivate:
    def test_closes_the_database_s_companions_and_files_elsewhere(self, tmp_path, lax):
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        names = ("t.db", "t.db-wal", "t.db-shm", "checks.jsonl", "ring.json", "other")
        for name in names:
            (elsewhere / name).touch(0o666)
        config = a_config(
            tmp_path / "instance",
            f"sqlite:///{elsewhere / 't.db'}",
            checkpoints=elsewhere / "checks.jsonl",
            keyring_path=elsewhere / "ring.json",
        )
        keep_private(config)
        found = {name: oct(stat.S_IMODE((elsewhere / name).stat().st_mode)) for name in names}
        # What the settings do not name is somebody else's.
        assert found.pop("other") == "0o666"
        assert set(found.values()) == {"0o600"}
        fresh = tmp_path / "instance" / "fresh"
        fresh.touch()
        assert modes(tmp_path / "instance") == {"instance": "0o700", "instance/fresh": "0o600"}

    def test_leaves_a_folder_of_everybody_and_links_alone(self, tmp_path, lax):
        shared, target = tmp_path / "shared", tmp_path / "target"
        for folder in (shared, target):
            folder.mkdir()
        shared.chmod(0o1777)
        keep_private(a_config(shared, "postgresql+psycopg://u@h/d"))
        assert stat.S_IMODE(shared.stat().st_mode) == 0o1777
        target.chmod(0o755)
        instance = tmp_path / "instance"
        instance.mkdir()
        (instance / "link").symlink_to(target)
        keep_private(a_config(instance, "sqlite://"))
        assert stat.S_IMODE(target.stat().st_mode) == 0o755
