"""Keeps the tokens of links out of every log line.

An access log prints the path, and the path of these pages is the secret.
"""

import logging
import re

from flask import Flask

_LINK = re.compile(r"/(invitation|reset)/[^\s\"'?#&]+")
_LOGGERS = ("gunicorn.access", "gunicorn.error", "werkzeug")


def hide_links(text: str) -> str:
    """The text with every link's token replaced: ``/reset/[hidden]``."""
    return _LINK.sub(r"/\1/[hidden]", text)


class _HideLinks(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        hidden = hide_links(message)
        if hidden != message:
            record.msg, record.args = hidden, None
        return True


_FILTER = _HideLinks()


def init_redaction(app: Flask) -> None:
    """Adds the filter to the loggers of the application and of the servers it runs in."""
    for logger in (app.logger, *map(logging.getLogger, _LOGGERS)):
        logger.addFilter(_FILTER)
