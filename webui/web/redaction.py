"""Log redaction: hides tokens of links and of the API, and keeps clients from adding log lines.

An access log contains the path, and the path of a link's page is a secret. The path is logged
decoded, so `%0a` in a URL would start a new line (CWE-117).
"""

import logging
import re
import traceback

from flask import Flask

from webui.crypto import token_text

_LINK = re.compile(r"/(invitation|reset)/[^\s\"'?#&]+")
# Control characters, line and paragraph separators, characters that change the text direction, and
# lone surrogates, which no stream can encode.
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_LOGGERS = ("gunicorn.access", "gunicorn.error", "werkzeug")
# Starts every line of a traceback, because its last lines may quote a client.
_MARGIN = "  | "


def hide_secrets(text: str) -> str:
    """Replaces the token of every link, ``/reset/[hidden]``, and every API token, ``tc_[hidden]``.

    No API token belongs into an address, but somebody may put one there.
    """
    return token_text.FORM.sub(f"{token_text.PREFIX}[hidden]", _LINK.sub(r"/\1/[hidden]", text))


def on_one_line(text: str) -> str:
    r"""The text with what could begin another line, or paint over this one, as ``\x0a``."""
    return _UNPRINTABLE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


class _RedactionFilter(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        redacted = on_one_line(hide_secrets(message))
        if redacted != message:
            record.msg, record.args = redacted, None
        if record.exc_info and record.exc_info[0] and not record.exc_text:
            # The formatter would create this text itself; it uses the one that is set here.
            record.exc_text = _indented("".join(traceback.format_exception(*record.exc_info)))
        return True


def _indented(text: str) -> str:
    lines = hide_secrets(text).rstrip("\n").split("\n")
    return "\n".join(_MARGIN + on_one_line(line) for line in lines)


_FILTER = _RedactionFilter()


def init_redaction(app: Flask) -> None:
    """Adds the filter to the loggers of the application and of its servers."""
    for logger in (app.logger, *map(logging.getLogger, _LOGGERS)):
        logger.addFilter(_FILTER)
