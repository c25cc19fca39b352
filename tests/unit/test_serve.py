"""`.ci/serve`, which `make run` starts: server and worker begin together and end together.

Stand-ins for both say that they run and wait for a signal. All of them hold the pipe that the
test reads, so its end says that none is left.
"""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress

import pytest

from config import ROOT

STAND_IN = '#!/bin/sh\necho "$$ ${0##*/} $*"\nexec tail -f /dev/null\n'
ARGUMENTS = {
    "flask": "--app wsgi jobs run",
    "gunicorn": "wsgi:app --bind 127.0.0.1:1",
}


@pytest.fixture
def served(tmp_path) -> Iterator[tuple[subprocess.Popen[str], dict[str, int]]]:
    """The running script, and the process ids of what it started."""
    for name in ARGUMENTS:
        (tmp_path / name).write_text(STAND_IN)
        (tmp_path / name).chmod(0o755)
    script = subprocess.Popen(
        # A shell cannot trap what was ignored when it started, as in a background job.
        ["env", "--default-signal=INT", ROOT / ".ci/serve", *ARGUMENTS["gunicorn"].split()],
        env={**os.environ, "BIN": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with script:
        assert script.stdout
        said = [script.stdout.readline().strip().split(" ", 2) for _ in ARGUMENTS]
        assert {name: arguments for _, name, arguments in said} == ARGUMENTS
        try:
            yield script, {name: int(pid) for pid, name, _ in said}
        finally:
            # What a broken script leaves behind; nothing is left of a sound one.
            with suppress(ProcessLookupError):
                os.killpg(script.pid, signal.SIGKILL)


def ended(script: subprocess.Popen[str]) -> int:
    """The exit status once nobody holds the pipe any more."""
    script.communicate(timeout=10)
    return script.returncode


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_both(served, sent, status):
    script, _ = served
    script.send_signal(sent)
    assert ended(script) == status


def test_the_worker_ends_with_the_server(served):
    script, started = served
    os.kill(started["gunicorn"], signal.SIGKILL)
    assert ended(script) == 128 + signal.SIGKILL
