"""Reads the fields that fit from a posted form that is too large, to show it again.

Werkzeug refuses such a body unread. The limits here: ``MOST_READ`` bytes of the body,
``_MOST_FIELDS`` fields, and in memory at most as many bytes as a form may have, plus the same
amount for the field that is being read, which may be dropped. The time limit is left to the server
and the proxy, as for any slow form: only a signed-in person who may post the form gets here.
Nothing is saved.
"""

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import IO, Any

from flask import g, request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import RequestEntityTooLarge

MOST_READ = 16 * 1024 * 1024
"""Maximum bytes of a body that are read: enough for 10 MB of pasted text."""
# The same as Werkzeug's limit for multipart forms.
_MOST_FIELDS = 1_000
_PIECE = 64 * 1024
# No field of the product has a name nearly as long.
_LONGEST_NAME = 100
_NOTHING: Any = ImmutableMultiDict()


def read_what_fits() -> bool:
    """Reads the fields that fit into ``request.form``; returns False for other content types.

    ``g.too_much`` is then the set of the other fields' names. Raises RequestEntityTooLarge above
    the limits, and ClientDisconnected when the end of the body is missing.
    """
    most = request.max_content_length
    if most is None or request.mimetype != "application/x-www-form-urlencoded":
        return False
    request.max_content_length = MOST_READ
    # Even after an error below, no other code may read the rest of the body.
    request.form = request.files = _NOTHING
    kept, dropped = _fitting(_fields(request.stream, most), most)
    body = b"&".join(kept)
    parser = request.make_form_data_parser()
    _, fields, _ = parser.parse(BytesIO(body), request.mimetype, len(body))
    request.form = ImmutableMultiDict(fields)
    g.too_much = {field.partition(b"=")[0].decode(errors="replace") for field in dropped}
    return True


def _fields(stream: IO[bytes], most: int) -> Iterator[bytes]:
    """Yields the encoded fields; one longer than ``most`` may be cut, but stays longer than it."""
    rest = b""
    while piece := stream.read(_PIECE):
        *whole, rest = (rest + piece).split(b"&")
        yield from whole
        rest = rest[: most + 1]
    yield rest


def _fitting(fields: Iterable[bytes], most: int) -> tuple[list[bytes], list[bytes]]:
    """Returns the fields that fit into ``most`` bytes, and the starts of the dropped ones.

    Drops the longest fields first. Raises RequestEntityTooLarge for too many fields.
    """
    kept: list[bytes] = []
    dropped: list[bytes] = []
    size = 0
    for number, field in enumerate(fields):
        if number == _MOST_FIELDS:
            raise RequestEntityTooLarge
        kept.append(field)
        size += len(field) + 1
        while size > most:
            longest = max(kept, key=len)
            kept.remove(longest)
            size -= len(longest) + 1
            dropped.append(longest[:_LONGEST_NAME])
    return kept, dropped
