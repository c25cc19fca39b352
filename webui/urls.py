"""Addresses that pages have many of, without asking `url_for` for each."""

from collections.abc import Callable
from functools import lru_cache
from urllib.parse import quote
from uuid import UUID

from flask import Flask, request, url_for

# Stands for the varying argument; an id, so that any converter of ids takes it.
_PLACE = UUID(int=2**128 - 1)


def init_urls(app: Flask) -> None:
    """Gives templates ``url_pattern`` and the filter ``address``."""
    app.jinja_env.globals["url_pattern"] = url_pattern
    app.jinja_env.filters["address"] = address


def address(endpoint: str) -> str:
    """The address of a page that takes no arguments."""
    return _address(request.script_root, endpoint)


@lru_cache(maxsize=256)
def _address(_mounted_at: str, endpoint: str) -> str:
    return url_for(endpoint)


def url_pattern(endpoint: str, varying: str, **fixed: object) -> Callable[[object], str]:
    """The address of an endpoint as a function of one argument, which is an id or a word.

    ``url_for`` is asked once and not for every row.
    """
    url = url_for(endpoint, **{varying: _PLACE}, **fixed)  # type: ignore[arg-type]
    before, _, after = url.partition(str(_PLACE))

    def of(value: object) -> str:
        # What an id is made of needs no quoting, and most are ids.
        place = value if isinstance(value, UUID) else quote(str(value), safe="")
        return f"{before}{place}{after}"

    return of
