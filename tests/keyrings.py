"""A console whose key ring is a file, as an operator at a shell sees it."""

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

from flask import Flask

from tests.apps import a_config, an_app, inside
from webui.canary import register
from webui.crypto.keyring import KeyRing, new_keyring_json
from webui.extensions import keyring, write_transaction


class Console:
    """An installation: its key ring, the process that was started last, and commands."""

    def __init__(self, folder: Path, database_url: str, in_file: bool = True) -> None:
        self._folder = folder
        self._database_url = database_url
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
        self.app = self._process()
        self._contexts.enter_context(inside(self.app))
        return self.app

    def _process(self) -> Flask:
        path = self.path if self._in_file else None
        text = self.path.read_text() if self._in_file else self.ring
        config = a_config(self._folder, self._database_url, keyring=text, keyring_path=path)
        return an_app(config)

    def run(self, *arguments: str, code: int = 0) -> Any:
        """The result of a `keys` command, run by a process of its own."""
        app = self._process()
        with inside(app):
            result = app.test_cli_runner().invoke(args=["keys", *arguments])
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
        return json.loads(self.path.read_text() if self._in_file else self.ring)
