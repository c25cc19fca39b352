"""Keeps log lines honest: no token of a link in one, and no line that a client made up.

An access log prints the path, and the path of a link's page is the secret. The path comes
decoded, so `%0a` in an address would begin a line of its own (CWE-117).
"""

import logging
import re
import traceback

from flask import Flask

_LINK = re.compile(r"/(invitation|reset)/[^\s\"'?#&]+")
# Control characters, line and paragraph separators, what turns the direction of text around, and
# halves of a surrogate pair, which no stream can encode.
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_LOGGERS = ("gunicorn.access", "gunicorn.error", "werkzeug")
# Begins every line of a traceback: its last lines may quote a client.
_MARGIN = "  | "


def hide_links(text: str) -> str:
    """The text with every link's token replaced: ``/reset/[hidden]``."""
    return _LINK.sub(r"/\1/[hidden]", text)


def on_one_line(text: str) -> str:
    r"""The text with what could begin another line, or paint over this one, as ``\x0a``."""
    return _UNPRINTABLE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


class _Honest(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        honest = on_one_line(hide_links(message))
        if honest != message:
            record.msg, record.args = honest, None
        if record.exc_info and record.exc_info[0] and not record.exc_text:
            # What a formatter would make of it, and takes from here.
            record.exc_text = _indented("".join(traceback.format_exception(*record.exc_info)))
        return True


def _indented(text: str) -> str:
    lines = hide_links(text).rstrip("\n").split("\n")
    return "\n".join(_MARGIN + on_one_line(line) for line in lines)


_FILTER = _Honest()


def init_redaction(app: Flask) -> None:
    """Adds the filter to the loggers of the application and of the servers it runs in."""
    for logger in (app.logger, *map(logging.getLogger, _LOGGERS)):
        logger.addFilter(_FILTER)
