"""Reports of Content-Security-Policy violations: one log line each.

Anyone may post here. So little is read, little is logged, and nothing is stored.
"""

import json
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, current_app, request

from webui.core.permissions import public
from webui.web.headers import REPORTS
from webui.web.posted.fetch_site import changes_nothing

bp = Blueprint("csp_reports", __name__)

MOST_BYTES = 16 * 1024
LINES_A_MINUTE = 20
_LONGEST = 200
# Names of the report-uri format (CSP 3, 5.3) and of the Reporting API (CSP 3, 5.2).
_DIRECTIVE = ("effective-directive", "effectiveDirective")
_BLOCKED = ("blocked-uri", "blockedURL")
_PAGE = ("document-uri", "documentURL")
_SOURCE = ("source-file", "sourceFile")


class MinuteLimit:
    """Limits how many events pass per minute, for all threads of the process together."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._minute, self._passed = -1, 0

    def allow(self) -> bool:
        """Counts an event and returns whether it is within the limit."""
        minute = int(time.monotonic() // 60)
        with self._lock:
            if minute != self._minute:
                self._minute, self._passed = minute, 0
            self._passed += 1
            return self._passed <= self._most


def init_reports(app: Any) -> None:
    """Registers the route; each application has its own limit."""
    app.register_blueprint(bp)
    app.extensions["csp_reports"] = MinuteLimit(LINES_A_MINUTE)


@bp.post(REPORTS)
@public
@changes_nothing
def receive() -> tuple[str, int]:
    """Logs the violations in the body (204); a body that is no report is ignored."""
    if (request.content_length or 0) > MOST_BYTES:
        return "", 413
    for report in _reports(request.get_data()):
        if not current_app.extensions["csp_reports"].allow():
            break
        current_app.logger.warning(
            "content policy: %s stopped %s on %s, from %s",
            _text_of(report, _DIRECTIVE),
            _address(report, _BLOCKED),
            _address(report, _PAGE),
            _address(report, _SOURCE),
        )
    return "", 204


def _reports(body: bytes) -> Iterator[dict[str, Any]]:
    """Yields the violations in a body of either format."""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return
    for one in sent if isinstance(sent, list) else [sent]:
        report = (one.get("csp-report") or one.get("body")) if isinstance(one, dict) else None
        if isinstance(report, dict):
            yield report


def _text_of(report: dict[str, Any], names: tuple[str, ...]) -> str:
    found = next((report[name] for name in names if isinstance(report.get(name), str)), "")
    return found[:_LONGEST] or "-"


def _address(report: dict[str, Any], names: tuple[str, ...]) -> str:
    """Returns a URL without user, query and fragment: these may contain what no log may."""
    try:
        parts = urlsplit(_text_of(report, names))
    except ValueError:
        return "-"
    return parts._replace(query="", fragment="", netloc=parts.netloc.rpartition("@")[2]).geturl()
