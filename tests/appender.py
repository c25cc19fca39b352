"""Appends entries to a history; runs in processes of its own."""

from pathlib import Path
from threading import Barrier
from typing import Any

from tests.apps import a_config, an_app, inside
from tests.factories import an_actor
from webui.core.extensions import write_transaction
from webui.history.record.actions import Action
from webui.history.record.log import record

# Seconds until the others are given up; never waited for in a passing test.
_PATIENCE = 60


def main(settings: dict[str, Any], times: int, together: Barrier) -> None:
    """Appends so many once all of them are there."""
    values = dict(settings)
    app = an_app(a_config(Path(values.pop("instance")), **values))
    with inside(app):
        together.wait(_PATIENCE)
        for _ in range(times):
            with write_transaction():
                record(Action.SIGNED_IN, an_actor())
