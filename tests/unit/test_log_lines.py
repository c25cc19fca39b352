"""What a client sends makes no log line of its own, in the access log or the application's."""

import io
import logging
import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from gunicorn.config import Config as Gunicorn
from gunicorn.glogging import Logger

from config import ROOT
from webui.web.redaction import on_one_line

FORGED = "/x\n[now] 203.0.113.9 POST /logout 303 0 1ms\r\x1b[2J\x9b\u2028\u202egnp"
LINK = "/reset/" + "t" * 43
# The format of `make run`.
[FORMAT] = re.findall(r"--access-logformat '([^']+)'", (ROOT / "Makefile").read_text())


@pytest.fixture
def access_log(app):
    """Logs a request as gunicorn does under `make run`; returns what was written."""
    config = Gunicorn()
    config.set("accesslog", "-")
    config.set("access_log_format", FORMAT)
    logger = Logger(config)
    written = io.StringIO()
    logger.access_log.handlers = [logging.StreamHandler(written)]

    def log(path):
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "REMOTE_ADDR": "127.0.0.1"}
        environ |= {"RAW_URI": "/", "SERVER_PROTOCOL": "HTTP/1.1"}
        response = SimpleNamespace(status="404 NOT FOUND", sent=7, headers=[])
        request = SimpleNamespace(headers=[])
        logger.access(response, request, environ, timedelta(milliseconds=2))
        return written.getvalue()

    yield log
    logger.access_log.handlers = []


class TestAccessLog:
    def test_has_one_line_for_a_request(self, access_log):
        line = access_log(FORGED)
        assert line.count("\n") == 1
        assert line.strip().isprintable()
        assert "GET /x\\x0a[now] 203.0.113.9 POST /logout 303 0 1ms\\x0d\\x1b[2J\\x9b" in line

    def test_hides_a_link_before_a_forged_line(self, access_log):
        assert "t" * 43 not in access_log(f"{LINK}\n{LINK}")

    def test_shows_other_paths_as_they_are(self, access_log):
        assert " GET /tenants/1/history 404 " in access_log("/tenants/1/history")


class TestApplicationLog:
    def test_has_one_line_for_a_message(self, app, caplog):
        app.logger.error("no such thing: %s", FORGED)
        [record] = caplog.records
        assert record.getMessage().isprintable()

    def test_marks_every_line_of_a_traceback(self, app, caplog):
        try:
            raise ValueError(f"bad {FORGED} {LINK}")
        except ValueError:
            app.logger.exception("unexpected error")
        [record] = caplog.records
        first, *rest = logging.Formatter().format(record).split("\n")
        assert first == "unexpected error"
        assert all(line.startswith("  | ") for line in rest)
        assert rest[-1].startswith("  | [now] 203.0.113.9 POST /logout")
        assert "t" * 43 not in record.exc_text
        assert "\x1b" not in record.exc_text


class TestOnOneLine:
    def test_leaves_text_of_any_script_alone(self):
        for text in ("Zahnärzte Łódź", "歯科", "عيادة", "emoji 🦷", "a\\b"):
            assert on_one_line(text) == text
