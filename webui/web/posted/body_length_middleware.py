"""A posted form is read whole or not at all, however the connection behaves.

Under a server that says where a body ends (``wsgi.input_terminated``, as gunicorn does)
Werkzeug takes what came before a connection broke for all there is, and cuts a body without a
length at the limit. A form that lost its end would be saved: a box that was not sent is off.
"""

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]


class WholeBody:
    """WSGI: what is shorter than announced is refused (400), and what is too long (413)."""

    def __init__(self, app: Application, most: int) -> None:
        """``most``: bytes that a body may have."""
        self.app = app
        self.most = most

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Answers the request."""
        if environ.pop("HTTP_TRANSFER_ENCODING", ""):
            # One byte too many shows that there are more. They are announced, and missing:
            # whoever reads that far learns that this is not all.
            body = environ["wsgi.input"].read(self.most + 1)
            length = len(body) + (len(body) > self.most)
            environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(length)}
        if environ.get("CONTENT_LENGTH"):
            environ.pop("wsgi.input_terminated", None)
        return self.app(environ, start_response)
