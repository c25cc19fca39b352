"""One POST to a customer's address, with everything bounded.

HTTP is spoken by httpcore over a connection that is made here: to an address that the guard
has judged, with certificate check on the name. httpcore follows no redirects, asks no proxy of
the environment and unpacks nothing. Every wait takes from one deadline, so that a receiver
that answers one byte a second is given up like one that answers nothing.
"""

import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import httpcore

from webui.webhooks import addresses
from webui.webhooks.addresses import Address, Blocked, Network, NotFound, Resolver, TooLate

# What is read of an answer's body before the connection is closed (bytes).
BODY_LIMIT = 20_000
_CHUNK = 16_384
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
    """What came of a POST: a status or a problem; the time it took, and the TLS version."""

    duration_ms: int
    status: int | None = None
    problem: Problem | None = None
    tls: str | None = None


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


class Deadline:
    """So many seconds for everything together."""

    def __init__(self, seconds: float) -> None:
        self._start = time.monotonic()
        self._end = self._start + seconds

    def left(self) -> float:
        """The seconds that are left. Raises TooLate when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TooLate
        return left

    def passed_ms(self) -> int:
        """Milliseconds since the start."""
        return round((time.monotonic() - self._start) * 1000)


class Stream(httpcore.NetworkStream):
    """A TLS connection whose every read and write takes from the deadline."""

    def __init__(self, connection: ssl.SSLSocket, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Up to ``max_bytes``. Raises TooLate and OSError."""
        with self._in_time():
            return self._connection.recv(min(max_bytes, _CHUNK))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """All of it. Raises TooLate, and WriteError: a receiver may answer before it has read."""
        rest = memoryview(buffer)
        try:
            while rest:
                with self._in_time():
                    rest = rest[self._connection.send(rest) :]
        except OSError as error:
            raise httpcore.WriteError(error) from error

    def close(self) -> None:
        """Ends the connection without waiting for the other side."""
        self._connection.close()

    @contextlib.contextmanager
    def _in_time(self) -> Iterator[None]:
        self._connection.settimeout(self._deadline.left())
        try:
            yield
        except TimeoutError:
            raise TooLate from None


def post(
    url: str, body: bytes, headers: Mapping[str, str], seconds: float, outside: Outside
) -> Answer:
    """Sends the body and says what came of it; never raises for what a receiver does.

    ``seconds`` is the time for everything: name, connection, TLS, request and answer.
    """
    deadline = Deadline(seconds)
    tls: list[str] = []
    try:
        status = _exchange(url, body, headers, deadline, outside, tls)
    except tuple(_PROBLEMS) as error:
        problem = next(problem for kind, problem in _PROBLEMS.items() if isinstance(error, kind))
        return Answer(deadline.passed_ms(), problem=problem, tls="".join(tls) or None)
    return Answer(deadline.passed_ms(), status, tls="".join(tls))


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
) -> int:
    """The status of the answer; puts the TLS version into ``tls`` as soon as it is known."""
    host, port, url = addresses.target(url)
    found = addresses.resolve(host, outside.resolver, deadline.left())
    judged = addresses.judge(found, outside.allow)
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


def _speak(url: str, body: bytes, headers: Mapping[str, str], stream: Stream) -> int:
    """One request and its answer: the status, once the body ended or reached the limit."""
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
        return int(answer.status)
