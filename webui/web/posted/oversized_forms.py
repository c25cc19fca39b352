"""A posted form that is too large, read as far as it fits: so that it can be shown again.

Werkzeug refuses such a body unread. What bounds reading it after all: of the body
``MOST_READ``, of its fields ``_MOST_FIELDS``; in memory are at most as many bytes of fields as
a form may have, and once more as many of the field that is being read, which may be dropped.
How long it may take is up to the server and the proxy in front, as for any form that is sent
slowly: it is read only for whoever is signed in and may post it. Nothing is saved from it.
"""

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import IO, Any

from flask import g, request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import RequestEntityTooLarge

MOST_READ = 16 * 1024 * 1024
"""Bytes of a body that are read at most: room for 10 MB that were pasted."""
# As many as Werkzeug lets a form of several parts have.
_MOST_FIELDS = 1_000
_PIECE = 64 * 1024
# No field of ours has a name that is nearly as long.
_LONGEST_NAME = 100
_NOTHING: Any = ImmutableMultiDict()


def read_what_fits() -> bool:
    """Reads the fields that fit into ``request.form``; False for what is no such form.

    ``g.too_much`` are the names of the others then. Raises RequestEntityTooLarge when it is
    more than anybody types, and ClientDisconnected when its end is missing.
    """
    most = request.max_content_length
    if most is None or request.mimetype != "application/x-www-form-urlencoded":
        return False
    request.max_content_length = MOST_READ
    # Whatever happens below, nobody else reads on.
    request.form = request.files = _NOTHING
    kept, dropped = _fitting(_fields(request.stream, most), most)
    body = b"&".join(kept)
    parser = request.make_form_data_parser()
    _, fields, _ = parser.parse(BytesIO(body), request.mimetype, len(body))
    request.form = ImmutableMultiDict(fields)
    g.too_much = {field.partition(b"=")[0].decode(errors="replace") for field in dropped}
    return True


def _fields(stream: IO[bytes], most: int) -> Iterator[bytes]:
    """The fields as they were sent; one that is longer than ``most`` may be cut, but to more."""
    rest = b""
    while piece := stream.read(_PIECE):
        *whole, rest = (rest + piece).split(b"&")
        yield from whole
        rest = rest[: most + 1]
    yield rest


def _fitting(fields: Iterable[bytes], most: int) -> tuple[list[bytes], list[bytes]]:
    """Fields of ``most`` bytes at most, and the beginnings of the others: the longest ones."""
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
