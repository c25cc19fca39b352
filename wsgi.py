"""The WSGI entry point: ``gunicorn wsgi:app`` and ``flask --app wsgi ...``."""

import sys
from pathlib import Path

from config import Config
from webui import create_app

# `setup` makes the keys that every other command and every server start demands.
SETTING_UP = "flask" in Path(sys.argv[0]).parts[-2:] and "setup" in sys.argv[1:]

app = create_app(Config.from_environment(), setting_up=SETTING_UP)
