"""A start that is refused: what an operator reads then."""

import subprocess
import sys
from pathlib import Path

from config import ROOT
from tests import processes

FLASK = Path(sys.executable).parent / "flask"


SAID = "Error: WEBUI_SECRET_KEY is not set: run `flask --app wsgi setup` first\n"


def test_a_command_that_cannot_start_says_why_in_one_line(tmp_path):
    settings = {"WEBUI_INSTANCE": str(tmp_path)}
    done = subprocess.run(
        [FLASK, "--app", "wsgi", "users", "list"],
        env=settings,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", SAID)
    assert processes.flask(settings, "keys", "status").end() == (1, SAID)


def test_a_start_that_fails_is_no_verdict_on_the_history(tmp_path):
    """Exit 1 would say that somebody rewrote it."""
    settings = {"WEBUI_INSTANCE": str(tmp_path)}
    status, said = processes.flask(settings, "audit", "verify").end()
    assert status == 2
    assert "Could not check" in said
