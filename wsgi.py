"""The WSGI entry point: ``gunicorn wsgi:app`` and ``flask --app wsgi ...``."""

import sys
from pathlib import Path

from config import Config, ConfigError
from webui import create_app
from webui.core.private_files import keep_private
from webui.crypto.keyring import BadKeyRing, SecretError

ARGUMENTS = sys.argv[1:] if "flask" in Path(sys.argv[0]).parts[-2:] else []
# `setup` creates the keys that every other command and every server start requires; verifying
# an export needs neither keys nor a database.
WITHOUT_KEYS = "setup" in ARGUMENTS or "--from-export" in ARGUMENTS
# `flask run` and a WSGI server answer requests; `jobs run` and every other command do not.
SERVING = not ARGUMENTS or ("run" in ARGUMENTS and "jobs" not in ARGUMENTS)

try:
    config = Config.from_environment()
    keep_private(config)
    app = create_app(config, setting_up=WITHOUT_KEYS, serving=SERVING)
except Exception as error:
    if ARGUMENTS[:4] == ["--app", "wsgi", "audit", "verify"]:
        # Exit status 1 would mean that the history is not valid.
        sys.stderr.write(f"Could not check: {type(error).__name__}: {error}\n")
        sys.exit(2)
    if ARGUMENTS and isinstance(error, ConfigError | BadKeyRing | SecretError):
        sys.exit(f"Error: {error}")
    raise
