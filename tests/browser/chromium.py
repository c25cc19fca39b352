"""The Chromium to test with: Playwright's own where it is installed, else Debian's.

Debian's headless shell, the same engine without a desktop around it, opens a page in half the time.
"""

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Playwright

DEBIAN = (Path("/usr/bin/chromium-headless-shell"), Path("/usr/bin/chromium"))
MISSING = (
    "The browser tests need Chromium, and there is none. Install one with"
    " `.venv/bin/playwright install chromium` or, on Debian,"
    " `sudo apt-get install chromium-headless-shell`."
)
# No look-ups of its own: what leaves the machine in a test would be the product's.
_QUIET = (
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


def launch(playwright: Playwright, debian: Sequence[Path] = DEBIAN) -> Browser:
    """A running Chromium; a test that has none fails and says what to install."""
    # Chromium's sandbox does not work for root, who runs the tests in containers.
    arguments = [*_QUIET, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    try:
        return playwright.chromium.launch(args=arguments)
    except Error as error:
        if "Executable doesn't exist" not in error.message:
            raise
    installed = [path for path in debian if path.exists()]
    if not installed:
        pytest.fail(MISSING, pytrace=False)
    return playwright.chromium.launch(args=arguments, executable_path=installed[0])
