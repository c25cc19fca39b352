"""A process of its own that appends entries: `python -m tests.appender SETTINGS TIMES`.

Says "ready", waits for a line, appends, says "done".
"""

import json
import sys
from pathlib import Path

from tests.apps import a_config, an_app, inside
from tests.factories import an_actor
from webui.audit.actions import Action
from webui.audit.log import record
from webui.extensions import write_transaction


def main(settings: str, times: str) -> None:
    values = json.loads(settings)
    app = an_app(a_config(Path(values.pop("instance")), **values))
    with inside(app):
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        for _ in range(int(times)):
            with write_transaction():
                record(Action.SIGNED_IN, an_actor())
    sys.stdout.write("done\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
