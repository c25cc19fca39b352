"""Reports of the content policy: logged shortly, and never a way to fill or forge the log."""

import json

import pytest

from tests import raw
from webui.web.endpoints import csp_reports
from webui.web.headers import REPORTS

OLD = {
    "csp-report": {
        "document-uri": "http://localhost/tenants?q=+4930123#x",
        "effective-directive": "script-src-elem",
        "blocked-uri": "https://user:word@evil.example/x.js?token=abc",
        "source-file": "http://localhost/reset/" + "t" * 43,
    }
}
NEW = [
    {
        "type": "csp-violation",
        "body": {
            "documentURL": "http://localhost/tenants?q=+4930123#x",
            "effectiveDirective": "script-src-elem",
            "blockedURL": "https://user:word@evil.example/x.js?token=abc",
            "sourceFile": "http://localhost/reset/" + "t" * 43,
        },
    }
]
LINE = (
    "content policy: script-src-elem stopped https://evil.example/x.js on http://localhost/tenants,"
    " from http://localhost/reset/[hidden]"
)


@pytest.fixture
def lines(app, caplog):
    """What was logged of reports."""
    app.extensions["csp_reports"] = csp_reports.MinuteLimit(csp_reports.LINES_A_MINUTE)
    return lambda: [r.getMessage() for r in caplog.records if "content policy" in r.getMessage()]


def send(client, body, kind="application/csp-report"):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(REPORTS, data=data, content_type=kind).status_code


class TestReport:
    @pytest.mark.parametrize(
        ("body", "kind"), [(OLD, "application/csp-report"), (NEW, "application/reports+json")]
    )
    def test_is_logged_without_queries_names_and_links(self, client, lines, body, kind):
        assert send(client, body, kind) == 204
        assert lines() == [LINE]

    def test_forges_no_line(self, client, lines):
        evil = "x\r\n2026-01-01 admin signed in\x1b[2J\u2028\u0085"
        assert (
            send(client, {"csp-report": {"effective-directive": evil, "blocked-uri": evil}}) == 204
        )
        [line] = lines()
        assert line.isprintable()
        assert "\\x0d\\x0a2026-01-01" in line

    @pytest.mark.parametrize(
        "body",
        [
            *(b"", b"{", b"\xff\xfe", b"null", b"7", b'"x"', b"[[]]", b"9" * 16_000),
            *(b"[" * 16_000, b'{"csp-report": 5}', b'{"csp-report": {"blocked-uri": 5}}'),
            b'{"csp-report": {"blocked-uri": "https://[", "document-uri": null}}',
            b'{"csp-report": {"blocked-uri": "\\ud800"}}',
        ],
        # An id made of the body holds a lone surrogate, which no runner can print.
        ids=lambda body: f"{len(body)} bytes",
    )
    def test_that_is_none_is_no_error(self, client, lines, body):
        assert send(client, body) == 204
        assert all(len(line) < 200 for line in lines())

    def test_is_short(self, client, lines):
        most = csp_reports.MOST_BYTES
        assert send(client, b" " * (most + 1)) == 413
        long = {"csp-report": dict.fromkeys(OLD["csp-report"], "x" * 3_000)}
        assert send(client, long) == 204
        assert len(lines()[0]) < 1_000

    def test_many_are_logged_within_bounds_and_stored_nowhere(self, client, lines):
        before = raw.everything()
        assert {send(client, NEW * 10) for _ in range(10)} == {204}
        assert len(lines()) == csp_reports.LINES_A_MINUTE
        assert raw.everything() == before


class TestPace:
    def test_starts_anew_every_minute(self, monkeypatch):
        monkeypatch.setattr(csp_reports.time, "monotonic", lambda: 59.0)
        pace = csp_reports.MinuteLimit(2)
        assert [pace.allow() for _ in range(3)] == [True, True, False]
        monkeypatch.setattr(csp_reports.time, "monotonic", lambda: 60.0)
        assert pace.allow()
