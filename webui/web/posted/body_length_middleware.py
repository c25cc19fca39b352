"""Ensures that a posted form is read completely or refused, also on a broken connection.

Under a server that marks the end of the body (``wsgi.input_terminated``, as gunicorn does),
Werkzeug accepts what arrived before a connection broke as the whole body, and cuts a body without a
length at the limit. A form without its end would then be saved with wrong values: a checkbox that
is missing counts as off.
"""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]


class BodyLengthMiddleware:
    """WSGI middleware: refuses a body that is shorter than announced (400) or too long (413)."""

    def __init__(self, app: Application, most: Callable[[str], int]) -> None:
        """``most``: path -> maximum bytes of a body."""
        self.app = app
        self.most = most

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Handles the request."""
        if environ.pop("HTTP_TRANSFER_ENCODING", ""):
            # One byte more than allowed shows that the body is longer. CONTENT_LENGTH then exceeds
            # the bytes passed on, so that a reader finds the body incomplete.
            most = self.most(environ.get("PATH_INFO", ""))
            body = environ["wsgi.input"].read(most + 1)
            length = len(body) + (len(body) > most)
            environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(length)}
        if environ.get("CONTENT_LENGTH"):
            environ.pop("wsgi.input_terminated", None)
        return self.app(environ, start_response)
