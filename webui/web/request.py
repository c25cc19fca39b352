"""The request as the product reads it: what the framework's parsers would break on is put right."""

from io import BytesIO
from typing import IO, Any
from urllib.parse import quote, urlsplit

import flask

VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
"""What may stand in an address as it is."""


class Request(flask.Request):
    """A request whose query is visible ASCII, and which writes nothing to disk."""

    def __init__(self, environ: dict[str, Any], *more: Any, **options: Any) -> None:
        # Browsers encode the rest (WHATWG URL, query state). Werkzeug decodes raw bytes strictly:
        # one that is no UTF-8 breaks every page. Encoded, it is replaced.
        sent = environ.get("QUERY_STRING", "")
        environ["QUERY_STRING"] = quote(sent, safe=VISIBLE, encoding="latin-1")
        if not _is_address(environ.get("HTTP_REFERER", "")):
            # Flask-WTF takes it apart under https.
            del environ["HTTP_REFERER"]
        super().__init__(environ, *more, **options)

    def _get_file_stream(self, *_about: Any, **_more: Any) -> IO[bytes]:
        """Where a file goes that is sent along: no form has any, a body 256 KB at most."""
        return BytesIO()


def _is_address(text: str) -> bool:
    try:
        urlsplit(text)
    except ValueError:
        return False
    return True
