"""A console whose key ring is a file, as an operator at a shell sees it."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any, Self

from flask import Flask

from config import Config
from tests.apps import a_config, inside
from webui.core.extensions import keyring, write_transaction
from webui.crypto.keyring import KeyRing, new_keyring_json
from webui.keys.canary import check_keys, register_keys

Apps = Callable[[Config, str], Flask]


class Console:
    """An installation: its key ring, the process that was started last, and commands.

    Its processes are applications that ``apps`` keeps by what they are used for: each reads the
    ring when it starts, and the one of the commands again for each of them.
    """

    def __init__(
        self,
        folder: Path,
        url: str,
        apps: Apps,
        *,
        in_file: bool = True,
        keeps_connections: bool = False,
    ) -> None:
        self._folder = folder
        self._url = url
        self._apps = apps
        self._started = count(1)
        self._keeps_connections = keeps_connections
        self._contexts = ExitStack()
        self.path = folder / "ring" / "keyring.json"
        self.ring = new_keyring_json()
        self._in_file = in_file
        if in_file:
            self.path.parent.mkdir()
            self.path.write_text(self.ring)
        self.app = self.restart()
        with write_transaction():
            register_keys(keyring())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        """Ends every process."""
        self._contexts.close()

    def restart(self) -> Flask:
        """A process that has read the ring as it is stored now; it is the current one."""
        self.app = self._process(f"process {next(self._started)}")
        self._contexts.enter_context(inside(self.app, self._keeps_connections))
        return self.app

    def _process(self, use: str) -> Flask:
        path = self.path if self._in_file else None
        config = a_config(self._folder, self._url, keyring=self._text(), keyring_path=path)
        app = self._apps(config, use)
        app.extensions.update(webui_config=config, keyring=KeyRing.from_json(self._text()))
        with inside(app, self._keeps_connections):
            check_keys()
        return app

    def run(self, *arguments: str, code: int = 0) -> Any:
        """The result of a `keys` command, which starts with the ring as it is stored now."""
        commands = self._process("commands")
        with inside(commands, self._keeps_connections):
            result = commands.test_cli_runner().invoke(args=["keys", *arguments])
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
