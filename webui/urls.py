"""Addresses of many things of one kind, for pages with many rows."""

from collections.abc import Callable
from urllib.parse import quote
from uuid import UUID

from flask import Flask, url_for

# Stands for the varying argument; an id, so that any converter of ids takes it.
_PLACE = UUID(int=2**128 - 1)


def init_urls(app: Flask) -> None:
    """Gives templates ``url_pattern``."""
    app.jinja_env.globals["url_pattern"] = url_pattern


def url_pattern(endpoint: str, varying: str, **fixed: object) -> Callable[[object], str]:
    """The address of an endpoint as a function of one argument, which is an id or a word.

    ``url_for`` is asked once and not for every row.
    """
    url = url_for(endpoint, **{varying: _PLACE}, **fixed)  # type: ignore[arg-type]
    before, _, after = url.partition(str(_PLACE))
    return lambda value: f"{before}{quote(str(value), safe='')}{after}"
