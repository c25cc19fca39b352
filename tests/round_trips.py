"""A proxy in front of PostgreSQL that counts round trips.

A round trip ends with a ReadyForQuery message of the server (PostgreSQL, 55.2.3): whatever the
client sends before it costs the way there and back once.
"""

import socket
import struct
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy.engine import URL, make_url

_READY = b"Z"
_HEADER = 5
_PORT, _SOCKET = 5432, ".s.PGSQL."


class Proxy:
    """Listens on a Unix socket; ``trips`` counts what went through it."""

    def __init__(self, listen: Path, url: URL) -> None:
        self.trips = 0
        self._url = url
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(listen))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Accepts no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = self._connect()
                for work in (self._forward, self._answer):
                    threading.Thread(target=work, args=(client, server), daemon=True).start()

    def _connect(self) -> socket.socket:
        folder, port = self._url.query.get("host"), self._url.port or _PORT
        if folder is None:
            return socket.create_connection((self._url.host, port))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{folder}/{_SOCKET}{self._url.query.get('port', port)}")
        return server

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while sent := client.recv(65_536):
                server.sendall(sent)
        with suppress(OSError):
            server.shutdown(socket.SHUT_WR)

    def _answer(self, client: socket.socket, server: socket.socket) -> None:
        left = b""
        with suppress(OSError):
            while got := server.recv(65_536):
                ends, left = _ready(left + got)
                self.trips += ends
                client.sendall(got)
        client.close()


def _ready(stream: bytes) -> tuple[int, bytes]:
    """Returns how many ReadyForQuery messages are complete, and the begun message at the end."""
    count = at = 0
    while len(stream) >= at + _HEADER:
        (length,) = struct.unpack_from("!I", stream, at + 1)
        if len(stream) < at + 1 + length:
            break
        count += stream[at : at + 1] == _READY
        at += 1 + length
    return count, stream[at:]


@contextmanager
def counting(url: str) -> Iterator[tuple[Proxy, str]]:
    """A proxy in front of the database of a URL, and the URL that leads through it."""
    direct = make_url(url)
    # A socket's path has at most about a hundred characters.
    with tempfile.TemporaryDirectory(prefix="proxy-") as folder:
        proxy = Proxy(Path(folder) / f"{_SOCKET}{_PORT}", direct)
        through = direct.set(host=None, port=None, query={"host": folder, "port": str(_PORT)})
        try:
            yield proxy, through.render_as_string(hide_password=False)
        finally:
            proxy.close()
