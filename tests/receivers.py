"""Receivers of webhooks: real TLS servers on the loopback, friendly and hostile."""

import contextlib
import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from webui.webhooks.delivery.client import Transport, open_socket

HOST = "hooks.example.com"
LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Connection = ssl.SSLSocket
Talk = Callable[[Connection], None]


class Authority:
    """A certificate authority that only this test trusts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("Authority of a test")
        self._certificate = self._signed(self._name, self._key.public_key(), ca=True)
        self.path = folder / "ca.pem"
        self.path.write_bytes(_pem(self._certificate))

    def trust(self) -> ssl.SSLContext:
        """What a client that trusts this authority uses."""
        return ssl.create_default_context(cafile=self.path)

    def server(self, host: str = HOST, days: int = 1) -> ssl.SSLContext:
        """What a server of that name uses; its certificate ends in so many days."""
        key = ec.generate_private_key(ec.SECP256R1())
        path = self._folder / f"{host}{days}.pem"
        certificate = self._signed(_name(host), key.public_key(), host=host, days=days)
        path.write_bytes(_pem(certificate) + _key_pem(key))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _signed(
        self, subject: x509.Name, key: Any, *, host: str = "", days: int = 1, ca: bool = False
    ) -> x509.Certificate:
        today = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(today - datetime.timedelta(days=30))
            .not_valid_after(today + datetime.timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if host:
            names = x509.SubjectAlternativeName([x509.DNSName(host)])
            builder = builder.add_extension(names, critical=False)
        return builder.sign(self._key, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@dataclass
class Request:
    """What a receiver was sent."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """A listener, what it was sent, and how often somebody connected."""

    port: int
    authority: Authority
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    @cached_property
    def outside(self) -> Transport:
        """The world in which every name is this machine and every port this one's."""
        return self.world()

    def world(self, *addresses: str, allow: Any = LOOPBACK) -> Transport:
        """The world in which every name has these addresses."""
        return Transport(
            allow=allow,
            resolver=lambda _host: list(addresses) or ["127.0.0.1"],
            connector=lambda _address, _port, seconds: open_socket(
                ipaddress.ip_address("127.0.0.1"), self.port, seconds
            ),
            trust=self.authority.trust,
        )


def read_request(connection: Connection) -> Request:
    """One request, whole. Raises ConnectionError when the sender went away before its end."""
    with connection.makefile("rb") as file:
        line = file.readline().decode().strip()
        headers = {}
        while header := file.readline().decode().strip():
            name, _, value = header.partition(": ")
            headers[name.lower()] = value
        length = int(headers.get("content-length", -1))
        body = file.read(max(0, length))
        if len(body) != length:
            raise ConnectionError
        return Request(line, headers, body)


@contextlib.contextmanager
def nobody(authority: Authority) -> Iterator[Receiver]:
    """A port that refuses connections and is nobody else's meanwhile: bound, not listening."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield Receiver(held.getsockname()[1], authority)


@contextlib.contextmanager
def receiving(
    authority: Authority,
    answer: bytes | Talk = OK,
    context: ssl.SSLContext | None = None,
    raw: Callable[[socket.socket], None] | None = None,
) -> Iterator[Receiver]:
    """A receiver that reads each request and answers it.

    ``answer`` is sent as it is, or talks to the connection itself; ``raw`` gets the connection
    before TLS. Whatever goes wrong between the two ends that connection alone.
    """
    context = context or authority.server()
    listener = socket.create_server(("127.0.0.1", 0))
    receiver = Receiver(listener.getsockname()[1], authority)
    over = threading.Event()

    def serve(plain: socket.socket) -> None:
        with contextlib.suppress(OSError), plain:
            if raw:
                raw(plain)
                return
            with context.wrap_socket(plain, server_side=True) as connection:
                receiver.requests.append(read_request(connection))
                answer(connection) if callable(answer) else connection.sendall(answer)

    def accept() -> None:
        while not over.is_set():
            with contextlib.suppress(OSError):
                plain, _ = listener.accept()
                if over.is_set():
                    plain.close()
                    return
                receiver.connections += 1
                threading.Thread(target=serve, args=(plain,), daemon=True).start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield receiver
    finally:
        over.set()
        # Wakes the acceptor, which closing the listener would not.
        socket.create_connection(("127.0.0.1", receiver.port)).close()
        acceptor.join()
        listener.close()
