"""One POST to a customer's address, with everything bounded.

HTTP is spoken by httpcore over a connection that is made here: to an address that the guard
has judged, with certificate check on the name. httpcore follows no redirects, asks no proxy of
the environment and unpacks nothing. Every wait takes from one deadline, so that a receiver
that answers one byte a second is given up like one that answers nothing.
"""

import contextlib
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache

import httpcore

from webui.webhooks.delivery import addresses, schedule
from webui.webhooks.delivery.addresses import (
    Address,
    Blocked,
    Network,
    NotFound,
    Resolver,
    TooLate,
)
from webui.webhooks.delivery.stream import Deadline, Stream

# What is read of an answer's body before the connection is closed (bytes).
BODY_LIMIT = 20_000
# "Too Many Requests" (RFC 6585) and "Service Unavailable": with them Retry-After counts.
_NOT_NOW = (429, 503)
# Of a name's addresses that do not answer, so many are tried.
_MOST_ADDRESSES = 4
Connector = Callable[[Address, int, float], socket.socket]


class Problem(StrEnum):
    """Why there was no answer."""

    BLOCKED = "blocked"
    NOT_FOUND = "not_found"
    REFUSED = "refused"
    TIMED_OUT = "timed_out"
    CERTIFICATE = "certificate"
    TLS = "tls"
    PROTOCOL = "protocol"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Answer:
    """What came of a POST: a status or a problem; the time it took, and the TLS version.

    ``asked_pause`` is how long a receiver that cannot take more now asks to wait.
    """

    duration_ms: int
    status: int | None = None
    problem: Problem | None = None
    tls: str | None = None
    asked_pause: timedelta | None = None


def open_socket(address: Address, port: int, seconds: float) -> socket.socket:
    """A connection to exactly this address: nothing is looked up. Raises OSError."""
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(seconds)
        connection.connect((str(address), port))
    except BaseException:
        connection.close()
        raise
    return connection


@cache
def system_trust() -> ssl.SSLContext:
    """TLS 1.2 or newer, certificates of the machine's trust store, names checked."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


@dataclass(frozen=True)
class Outside:
    """How the world outside is reached: the networks that are opened besides it, and the ways."""

    allow: Sequence[Network] = ()
    resolver: Resolver = addresses.system_resolver
    connector: Connector = open_socket
    trust: Callable[[], ssl.SSLContext] = system_trust


def post(
    url: str, body: bytes, headers: Mapping[str, str], seconds: float, outside: Outside
) -> Answer:
    """Sends the body and says what came of it; never raises for what a receiver does.

    ``seconds`` is the time for everything: name, connection, TLS, request and answer.
    """
    deadline = Deadline(seconds)
    tls: list[str] = []
    try:
        status, asked = _exchange(url, body, headers, deadline, outside, tls)
    except tuple(_PROBLEMS) as error:
        problem = next(problem for kind, problem in _PROBLEMS.items() if isinstance(error, kind))
        return Answer(deadline.passed_ms(), problem=problem, tls="".join(tls) or None)
    return Answer(deadline.passed_ms(), status, tls="".join(tls), asked_pause=asked)


# The first that fits counts: the later ones are more general.
_PROBLEMS: dict[type[Exception], Problem] = {
    Blocked: Problem.BLOCKED,
    NotFound: Problem.NOT_FOUND,
    TooLate: Problem.TIMED_OUT,
    ssl.SSLCertVerificationError: Problem.CERTIFICATE,
    ssl.SSLError: Problem.TLS,
    httpcore.ProtocolError: Problem.PROTOCOL,
    OSError: Problem.REFUSED,
}


def _exchange(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    deadline: Deadline,
    outside: Outside,
    tls: list[str],
) -> tuple[int, timedelta | None]:
    """What _speak gives; puts the TLS version into ``tls`` as soon as it is known."""
    host, port, url = addresses.target(url)
    found = addresses.resolve_host(host, outside.resolver, deadline.left())
    judged = addresses.check_addresses(found, outside.allow)
    plain = _connect(judged, port, deadline, outside.connector)
    with contextlib.closing(_encrypt(plain, host, deadline, outside.trust())) as connection:
        tls.append(connection.version() or "")
        return _speak(url, body, headers, Stream(connection, deadline))


def _connect(
    judged: Sequence[Address], port: int, deadline: Deadline, connector: Connector
) -> socket.socket:
    """A connection to the first address that takes one. Raises TooLate and OSError."""
    tried = judged[:_MOST_ADDRESSES]
    for place, address in enumerate(tried, start=1):
        # A silent address must not use up the time of those after it.
        share = deadline.left() / (len(tried) - place + 1)
        try:
            return connector(address, port, share)
        except OSError as error:
            last: OSError = error
    if isinstance(last, TimeoutError):
        raise TooLate from last
    raise last


def _encrypt(
    plain: socket.socket, host: str, deadline: Deadline, context: ssl.SSLContext
) -> ssl.SSLSocket:
    """TLS with the name sent and checked. Raises TooLate, ssl.SSLError and OSError."""
    try:
        connection = context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
    except BaseException:
        plain.close()
        raise
    try:
        connection.settimeout(deadline.left())
        connection.do_handshake()
    except TimeoutError:
        connection.close()
        raise TooLate from None
    except BaseException:
        connection.close()
        raise
    return connection


def _speak(
    url: str, body: bytes, headers: Mapping[str, str], stream: Stream
) -> tuple[int, timedelta | None]:
    """One request and its answer: the status, once the body ended or reached the limit, and the
    pause that was asked for.
    """
    sent: list[tuple[bytes | str, bytes | str]] = [
        *headers.items(),
        ("Accept-Encoding", "identity"),
        ("Connection", "close"),
    ]
    connection = httpcore.HTTP11Connection(httpcore.URL(url).origin, stream)
    with connection.stream("POST", url, headers=sent, content=body) as answer:
        read = 0
        for chunk in answer.iter_stream():
            read += len(chunk)
            if read >= BODY_LIMIT:
                break
        return int(answer.status), _asked_pause(answer)


def _asked_pause(answer: httpcore.Response) -> timedelta | None:
    """What ``Retry-After`` says beside a status that means "not now"."""
    if answer.status not in _NOT_NOW:
        return None
    said = [value for name, value in answer.headers if name.lower() == b"retry-after"]
    return schedule.asked_pause(said[0].decode("latin-1"), datetime.now(UTC)) if said else None
