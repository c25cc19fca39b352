"""Processes of their own that start at once: forked from one that has read the program already.

A fresh interpreter works for two seconds before it does anything. That the program starts in one
is tested where that is the question: `tests/unit/test_wsgi.py`, `tests/browser/server.py`.
"""

import multiprocessing
import os
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from flask import cli

from config import ROOT

# Not forked from the test's own process: that one has threads and open databases.
prepared = multiprocessing.get_context("forkserver")
prepared.set_forkserver_preload(
    ["tests.apps", "tests.webhook_worker", "sqlalchemy.dialects.postgresql.psycopg"]
)


class Child:
    """A running process; it ends with the tests at the latest."""

    def __init__(self, target: Callable[..., None], *arguments: Any) -> None:
        reader, writer = prepared.Pipe(duplex=False)
        call = (writer, target, arguments)
        self._process = prepared.Process(target=_speaking_into, args=call, daemon=True)
        self._process.start()
        writer.close()
        self.stdout = os.fdopen(os.dup(reader.fileno()), encoding="utf-8")
        reader.close()

    @property
    def pid(self) -> int:
        """The number by which signals reach it."""
        assert self._process.pid
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL, unless it has ended."""
        self._process.kill()

    def ends_within(self, seconds: float) -> bool:
        """Whether it has ended by then."""
        self._process.join(seconds)
        return self._process.exitcode is not None

    def end(self) -> tuple[int, str]:
        """Waits for its end: the exit status, or the negative signal, and what it still said."""
        with self.stdout:
            said = self.stdout.read()
        self._process.join()
        assert self._process.exitcode is not None
        return self._process.exitcode, said


def flask(settings: dict[str, str], *arguments: str) -> Child:
    """`flask --app wsgi` with these arguments, and the settings for its whole environment."""
    return Child(run_flask, settings, arguments)


def _speaking_into(
    pipe: Connection, target: Callable[..., None], arguments: tuple[Any, ...]
) -> None:
    for stream in (1, 2):
        os.dup2(pipe.fileno(), stream)
    pipe.close()
    target(*arguments)


def run_flask(settings: dict[str, str], arguments: tuple[str, ...]) -> None:
    """What such a process does."""
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(settings)
    sys.argv = ["flask", "--app", "wsgi", *arguments]
    cli.main()
