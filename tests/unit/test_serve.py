"""`.ci/serve`, which `make run` starts: server and worker begin together and end together.

Stand-ins for both say that they run and wait for a signal. All of them hold the pipe that the
test reads, so its end says that none is left.
"""

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from config import ROOT

BUSY = "Port {} cannot be used: Address already in use. Choose another one: PORT=9000 make run\n"
STAND_IN = '#!/bin/sh\necho "$$ ${0##*/} $*"\nexec tail -f /dev/null\n'
ARGUMENTS = {
    "flask": "--app wsgi jobs run",
    # Port 0 is any free one.
    "gunicorn": "wsgi:app --bind 127.0.0.1:0",
}


@pytest.fixture
def stand_ins(tmp_path):
    """The folder of what is started in place of server and worker."""
    for name in ARGUMENTS:
        (tmp_path / name).write_text(STAND_IN)
        (tmp_path / name).chmod(0o755)
    return tmp_path


@pytest.fixture
def served(stand_ins) -> Iterator[tuple[subprocess.Popen[str], dict[str, int]]]:
    """The running script, and the process ids of what it started."""
    script = subprocess.Popen(
        # A shell cannot trap what was ignored when it started, as in a background job.
        ["env", "--default-signal=INT", ROOT / ".ci/serve", *ARGUMENTS["gunicorn"].split()],
        env={**os.environ, "BIN": str(stand_ins)},
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


@pytest.fixture
def busy() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def run(command: list[Any], **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=60, **options
    )


def test_of_a_busy_port_starts_nothing(stand_ins, busy):
    command = [ROOT / ".ci/serve", "wsgi:app", "--bind", f"127.0.0.1:{busy}", "--workers", "1"]
    environment = {**os.environ, "BIN": str(stand_ins)}
    told = run(command, env=environment)
    assert (told.returncode, told.stdout, told.stderr) == (1, "", BUSY.format(busy))


def test_make_run_says_so_before_it_sets_anything_up(busy):
    command = [
        "make",
        "--no-print-directory",
        "run",
        f"PORT={busy}",
        "FLASK=false",
        "PYTHON=python3",
    ]
    told = run(command, cwd=ROOT)
    line, failed = told.stderr.splitlines(keepends=True)
    assert (told.returncode, told.stdout, line) == (2, "", BUSY.format(busy))
    # Under make, as in CI, its level is named too.
    assert re.match(r"make(\[\d+\])?: \*\*\* ", failed)


@pytest.mark.parametrize("port", ["http", "70000", ""])
def test_what_is_no_port_is_said_too(port):
    command = [ROOT / ".ci/port", f"127.0.0.1:{port}"]
    told = run(command)
    assert told.returncode == 1
    assert told.stderr.startswith(f"Port {port} cannot be used: no port number.")
