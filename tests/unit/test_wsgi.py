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
