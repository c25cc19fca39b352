"""The result of a delivery as text for this reader.

An owner sees one text for a receiver that was blocked, not found, refused or too slow: the
difference, and the duration, would show what exists inside our network (CWE-918).
"""

from webui.core.permissions import Permission, may
from webui.models import Delivery, DeliveryAttempt
from webui.models.webhook import CANCELLED, DELIVERED, QUEUED
from webui.outbox import Obstacle
from webui.webhooks.delivery.client import Problem

UNREACHABLE = frozenset({Problem.BLOCKED, Problem.NOT_FOUND, Problem.REFUSED, Problem.TIMED_OUT})
_ONE_FOR_OWNERS = "could not be reached"
_PROBLEMS = {
    Problem.BLOCKED: "blocked: the name leads to an address that is not public",
    Problem.NOT_FOUND: "host name not found (DNS)",
    Problem.REFUSED: "the connection was refused or broke off",
    Problem.TIMED_OUT: "no answer in time",
    Problem.CERTIFICATE: "the certificate is for another name or is not trusted",
    Problem.TLS: "no TLS 1.2 or newer",
    Problem.PROTOCOL: "the answer was not valid HTTP",
    Problem.UNREADABLE: "the URL or the secret cannot be read on our side",
}
OBSTACLES = {
    Obstacle.NO_URL: "there is no URL",
    Obstacle.NO_SECRET: "there is no signing secret",
    Obstacle.STOPPED: "the receiver said that it is gone (410)",
    Obstacle.CLOSED: "the organisation is closed or blocked",
}
_STATUSES = {401: "not accepted", 403: "not accepted", 404: "not found there", 410: "gone"}


def hides_details(tried: Delivery | DeliveryAttempt) -> bool:
    """Whether the duration and the kind of failure are hidden from this reader."""
    return tried.problem in UNREACHABLE and not may(Permission.SEE_STAFF)


def result(delivery: Delivery) -> str:
    """ "200", "500", "302, redirects are not followed", "no answer in time", "waiting"."""
    if delivery.state == CANCELLED:
        return f"not sent: {OBSTACLES[Obstacle(delivery.problem or '')]}"
    return outcome(delivery) or ("on its way" if delivery.lease else "waiting")


def outcome(tried: Delivery | DeliveryAttempt) -> str:
    """Returns the result of an attempt as text; empty when nothing was tried."""
    if tried.status is not None:
        return _status(tried.status)
    if tried.problem is None:
        return ""
    return _ONE_FOR_OWNERS if hides_details(tried) else _PROBLEMS[Problem(tried.problem)]


def tone(delivery: Delivery) -> str:
    """Returns the colour of the state's badge: good, warn, bad or none."""
    if delivery.state == DELIVERED:
        return "good"
    if delivery.state == QUEUED:
        return "warn" if delivery.attempts else ""
    return "" if delivery.state == CANCELLED else "bad"


def _status(status: int) -> str:
    more = "redirects are not followed" if 300 <= status < 400 else _STATUSES.get(status)
    return f"{status}, {more}" if more else str(status)
