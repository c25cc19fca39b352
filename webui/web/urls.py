"""Fast URLs for pages with many links, without building each one separately."""

from collections.abc import Callable
from functools import lru_cache
from urllib.parse import quote
from uuid import UUID

import flask
from flask import Flask, request

# Placeholders for varying arguments; UUIDs, so that converters of ids accept them.
_PLACES = [UUID(int=2**128 - 1 - number) for number in range(8)]


def init_urls(app: Flask) -> None:
    """Registers ``url_for`` and ``url_pattern`` for templates."""
    app.jinja_env.globals.update(url_for=url_for, url_pattern=url_pattern)


def url_for(endpoint: str, **arguments: object) -> str:
    """Returns what Flask's ``url_for`` does; cached when all arguments are ids, or
    there are none.
    """
    if all(type(value) is UUID for value in arguments.values()):
        return _shape(request.script_root, endpoint, tuple(arguments)).format(**arguments)
    return flask.url_for(endpoint, **arguments)  # type: ignore[arg-type]


@lru_cache(maxsize=256)
def _shape(_mounted_at: str, endpoint: str, names: tuple[str, ...]) -> str:
    """Returns a URL with ``{name}`` for each of its arguments."""
    places = {name: _PLACES[number] for number, name in enumerate(names)}
    url = flask.url_for(endpoint, **places)  # type: ignore[arg-type]
    for name, place in places.items():
        url = url.replace(str(place), f"{{{name}}}")
    return url


def url_pattern(endpoint: str, varying: str, **fixed: object) -> Callable[[object], str]:
    """Returns the URL of an endpoint as a function of one argument, an id or a word."""
    url = url_for(endpoint, **{varying: _PLACES[0]}, **fixed)
    before, _, after = url.partition(str(_PLACES[0]))

    def of(value: object) -> str:
        # Most values are ids, which need no quoting.
        place = value if isinstance(value, UUID) else quote(str(value), safe="")
        return f"{before}{place}{after}"

    return of
