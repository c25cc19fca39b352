"""A network stream whose reads and writes share one deadline."""

import contextlib
import ssl
import time
from collections.abc import Iterator

import httpcore

from webui.webhooks.delivery.addresses import TooLate

_CHUNK = 16_384


class Deadline:
    """A time limit in seconds for several operations together."""

    def __init__(self, seconds: float) -> None:
        self._start = time.monotonic()
        self._end = self._start + seconds

    def left(self) -> float:
        """Returns the remaining seconds. Raises TooLate when none remain."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TooLate
        return left

    def passed_ms(self) -> int:
        """Returns the milliseconds since the start."""
        return round((time.monotonic() - self._start) * 1000)


class Stream(httpcore.NetworkStream):
    """A TLS connection whose reads and writes share one deadline."""

    def __init__(self, connection: ssl.SSLSocket, deadline: Deadline) -> None:
        self._connection = connection
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Reads up to ``max_bytes``. Raises TooLate and OSError."""
        with self._in_time():
            return self._connection.recv(min(max_bytes, _CHUNK))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Writes everything. Raises TooLate and WriteError (a receiver may answer before reading
        all).
        """
        rest = memoryview(buffer)
        try:
            while rest:
                with self._in_time():
                    rest = rest[self._connection.send(rest) :]
        except OSError as error:
            raise httpcore.WriteError(error) from error

    def close(self) -> None:
        """Closes the connection without waiting for the other side."""
        self._connection.close()

    @contextlib.contextmanager
    def _in_time(self) -> Iterator[None]:
        self._connection.settimeout(self._deadline.left())
        try:
            yield
        except TimeoutError:
            raise TooLate from None
