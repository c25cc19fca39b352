"""Compressed pages, without the oracle of BREACH (https://breachattack.com).

BREACH guesses a secret of a page from the length of many compressed responses, which a page of
another site makes the person's browser ask for with guesses in the address. Three things stand
against it: what another site asks for is not compressed; the secret that is in many pages, the
CSRF token, looks different in each (:mod:`webui.web.posted.csrf_tokens`); and a header of random
length hides small differences.
"""

import secrets

from flask import Flask, Response
from flask_compress import Compress

from webui.web.posted.fetch_site import from_another_site

PADDING = "X-Padding"
_MOST_PADDING = 96
_SETTINGS = {
    "COMPRESS_REGISTER": False,
    # Pages only: the files below /static/ are compressed once, and an API's ETag is its version.
    "COMPRESS_MIMETYPES": ["text/html"],
    "COMPRESS_ALGORITHM": ["br", "gzip"],
    "COMPRESS_STREAMS": False,
    "COMPRESS_EVALUATE_CONDITIONAL_REQUEST": False,
    # The next level saves five percent and takes twice as long.
    "COMPRESS_BR_LEVEL": 3,
    "COMPRESS_LEVEL": 4,
}
_compress = Compress()


def init_compression(app: Flask) -> None:
    """Compresses pages; call it before what else changes responses, so that it runs after that."""
    app.config.update(_SETTINGS)
    _compress.init_app(app)
    app.after_request(_compressed)


def _compressed(response: Response) -> Response:
    if from_another_site() or response.mimetype != "text/html":
        return response
    response.headers[PADDING] = secrets.token_hex(_MOST_PADDING)[: secrets.randbelow(_MOST_PADDING)]
    return _compress.after_request(response)
