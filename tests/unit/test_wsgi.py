"""A start that is refused: what an operator reads then."""

import subprocess
import sys
from pathlib import Path

import pytest

from config import ROOT

FLASK = Path(sys.executable).parent / "flask"


@pytest.mark.parametrize("command", ["users list", "keys status"])
def test_a_command_that_cannot_start_says_why_in_one_line(tmp_path, command):
    done = subprocess.run(
        [FLASK, "--app", "wsgi", *command.split()],
        env={"WEBUI_INSTANCE": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    said = "Error: WEBUI_SECRET_KEY is not set: run `flask --app wsgi setup` first\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", said)


def test_a_start_that_fails_is_no_verdict_on_the_history(tmp_path):
    """Exit 1 would say that somebody rewrote it."""
    command = [FLASK, "--app", "wsgi", "audit", "verify"]
    settings = {"WEBUI_INSTANCE": str(tmp_path)}
    done = subprocess.run(
        command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "Could not check" in done.stderr
