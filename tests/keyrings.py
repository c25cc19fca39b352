"""A console whose key ring is a file, as an operator at a shell sees it."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from flask import Flask

from config import Config
from tests.apps import a_config, an_app, inside
from webui.canary import check_keys, register
from webui.crypto.keyring import KeyRing, new_keyring_json
from webui.extensions import keyring, write_transaction


class Console:
    """An installation: its key ring, the process that was started last, and commands.

    The commands share an application, which reads the ring again for each as a process would.
    """

    def __init__(self, folder: Path, commands: Flask, in_file: bool = True) -> None:
        self._folder = folder
        self._commands = commands
        self._contexts = ExitStack()
        self.path = folder / "ring" / "keyring.json"
        self.ring = new_keyring_json()
        self._in_file = in_file
        if in_file:
            self.path.parent.mkdir()
            self.path.write_text(self.ring)
        self.app = self.restart()
        with write_transaction():
            register(keyring())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        """Ends every process."""
        self._contexts.close()

    def restart(self) -> Flask:
        """A process that has read the ring as it is stored now; it is the current one."""
        self.app = an_app(self._config())
        self._contexts.enter_context(inside(self.app))
        return self.app

    def _config(self) -> Config:
        path = self.path if self._in_file else None
        url = self._commands.config["SQLALCHEMY_DATABASE_URI"]
        return a_config(self._folder, url, keyring=self._text(), keyring_path=path)

    def run(self, *arguments: str, code: int = 0) -> Any:
        """The result of a `keys` command, which starts with the ring as it is stored now."""
        config = self._config()
        ring = KeyRing.from_json(self._text())
        self._commands.extensions.update(webui_config=config, keyring=ring)
        with inside(self._commands, keeps_connections=True):
            check_keys()
            result = self._commands.test_cli_runner().invoke(args=["keys", *arguments])
        assert result.exit_code == code, result.output
        if not self._in_file and result.stdout.startswith("{"):
            self.ring = result.stdout
        return result

    def stored(self) -> KeyRing:
        """The ring as it is stored now."""
        return KeyRing.from_json(json.dumps(self._json()))

    @property
    def keys(self) -> dict[str, str]:
        """The keys as they are stored now."""
        return self._json()["keys"]

    @property
    def primary(self) -> str:
        """The id of the primary key as it is stored now."""
        return self._json()["primary"]

    def _json(self) -> dict[str, Any]:
        return json.loads(self._text())

    def _text(self) -> str:
        return self.path.read_text() if self._in_file else self.ring
