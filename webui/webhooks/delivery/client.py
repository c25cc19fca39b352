"""The HTTP client: one POST to a customer's address, with every resource limited.

httpcore speaks HTTP over a connection that is opened here: to an address that the guard has
checked, with the certificate verified against the name. httpcore follows no redirects, uses no
proxy from the environment and decompresses nothing. All waiting shares one deadline, so a receiver
that sends one byte a second is abandoned as early as one that sends nothing.
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

# How much of a response body is read before the connection is closed, in bytes.
BODY_LIMIT = 20_000
# "Too Many Requests" (RFC 6585) and "Service Unavailable": Retry-After is used only with these.
_NOT_NOW = (429, 503)
# How many addresses of a name are tried, when they do not answer.
_MOST_ADDRESSES = 4
Connector = Callable[[Address, int, float], socket.socket]


class Problem(StrEnum):
    """Why there was no response."""

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
    """The result of a POST: a status or a problem, the duration, and the TLS version.

    ``asked_pause`` is how long the receiver asks to wait (Retry-After).
    """

    duration_ms: int
    status: int | None = None
    problem: Problem | None = None
    tls: str | None = None
    asked_pause: timedelta | None = None


def open_socket(address: Address, port: int, seconds: float) -> socket.socket:
    """Opens a connection to exactly this address, without a name lookup. Raises OSError."""
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
    """Returns a TLS 1.2+ context that uses the system's trust store and checks host names."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


@dataclass(frozen=True)
class Transport:
    """How to reach receivers: additionally allowed networks, resolver, connector, TLS context."""

    allow: Sequence[Network] = ()
    resolver: Resolver = addresses.system_resolver
    connector: Connector = open_socket
    trust: Callable[[], ssl.SSLContext] = system_trust


def post(
    url: str, body: bytes, headers: Mapping[str, str], seconds: float, transport: Transport
) -> Answer:
    """Sends the body and returns the result; never raises for what a receiver does.

    ``seconds`` is the limit for everything: resolver, connection, TLS, request and response.
    """
    deadline = Deadline(seconds)
    tls: list[str] = []
    try:
        status, asked = _exchange(url, body, headers, deadline, transport, tls)
    except tuple(_PROBLEMS) as error:
        problem = next(problem for kind, problem in _PROBLEMS.items() if isinstance(error, kind))
        return Answer(deadline.passed_ms(), problem=problem, tls="".join(tls) or None)
    return Answer(deadline.passed_ms(), status, tls="".join(tls), asked_pause=asked)


# The first match is used: the later classes are more general.
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
    transport: Transport,
    tls: list[str],
) -> tuple[int, timedelta | None]:
    """Returns what _send_request returns; puts the TLS version into ``tls`` when it is known."""
    host, port, url = addresses.target(url)
    found = addresses.resolve_host(host, transport.resolver, deadline.left())
    checked = addresses.check_addresses(found, transport.allow)
    plain = _connect(checked, port, deadline, transport.connector)
    with contextlib.closing(_encrypt(plain, host, deadline, transport.trust())) as connection:
        tls.append(connection.version() or "")
        return _send_request(url, body, headers, Stream(connection, deadline))


def _connect(
    checked: Sequence[Address], port: int, deadline: Deadline, connector: Connector
) -> socket.socket:
    """Connects to the first address that accepts. Raises TooLate and OSError."""
    tried = checked[:_MOST_ADDRESSES]
    for place, address in enumerate(tried, start=1):
        # An address that does not answer must not use up the time of the next ones.
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
    """Starts TLS with the name sent and checked. Raises TooLate, ssl.SSLError and OSError."""
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


def _send_request(
    url: str, body: bytes, headers: Mapping[str, str], stream: Stream
) -> tuple[int, timedelta | None]:
    """Sends one request and reads its response until the body ends or reaches the limit.

    Returns the status and the pause that the receiver asks for.
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
    """Returns the pause in ``Retry-After``; None unless the status means "not now"."""
    if answer.status not in _NOT_NOW:
        return None
    said = [value for name, value in answer.headers if name.lower() == b"retry-after"]
    return schedule.asked_pause(said[0].decode("latin-1"), datetime.now(UTC)) if said else None
