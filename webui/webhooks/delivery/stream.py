"""A connection whose every wait takes from one deadline."""

import contextlib
import ssl
import time
from collections.abc import Iterator

import httpcore

from webui.webhooks.delivery.addresses import TooLate

_CHUNK = 16_384


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
