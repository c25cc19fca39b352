"""The request class: corrects input that the framework's parsers cannot handle."""

from io import BytesIO
from typing import IO, Any
from urllib.parse import quote, urlsplit

import flask

VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
"""The characters that a URL may contain unencoded."""


class Request(flask.Request):
    """A request whose query is visible ASCII, and which writes nothing to disk."""

    def __init__(self, environ: dict[str, Any], *more: Any, **options: Any) -> None:
        # Browsers encode all other bytes (WHATWG URL, query state). Werkzeug decodes raw bytes
        # strictly, so invalid UTF-8 would break every page; when percent-encoded, it is replaced.
        sent = environ.get("QUERY_STRING", "")
        environ["QUERY_STRING"] = quote(sent, safe=VISIBLE, encoding="latin-1")
        if not _is_address(environ.get("HTTP_REFERER", "")):
            # Flask-WTF parses the Referer under https.
            del environ["HTTP_REFERER"]
        super().__init__(environ, *more, **options)

    def _get_file_stream(self, *_about: Any, **_more: Any) -> IO[bytes]:
        """Returns a stream in memory for an uploaded file: no form has one, and a body is at most
        256 KB.
        """
        return BytesIO()


def _is_address(text: str) -> bool:
    try:
        urlsplit(text)
    except ValueError:
        return False
    return True
