"""Support for htmx 4: fragments, and redirects that a fragment request cannot follow."""

import json
import re

from flask import Response, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

REQUEST_TYPE = "HX-Request-Type"


def wants_fragment() -> bool:
    """Whether to respond with a fragment: only when htmx replaces a part of the page."""
    return request.headers.get(REQUEST_TYPE) == "partial"


def part_of(page: str) -> str:
    """Returns the template to render: the page, or the fragment ``_name`` beside it."""
    folder, _, name = page.rpartition("/")
    return f"{folder}/_{name}" if wants_fragment() else page


def go_to(url: str) -> BaseResponse:
    """Redirects the browser after a POST: 303, or the header HX-Redirect for htmx.

    For htmx without the anchor: on the same page a browser would only scroll to it.
    """
    if not wants_fragment():
        return redirect(url, 303)
    response = make_response("", 200)
    response.headers["HX-Redirect"] = url.partition("#")[0]
    return response


def htmx_place() -> str | None:
    """Returns the id of the element that htmx will replace, if it is a plain id."""
    match = re.fullmatch(r"[a-z]+#([a-z][a-z0-9-]{0,60})", request.headers.get("HX-Target", ""))
    return match.group(1) if match else None


def load_into(url: str, place: str) -> BaseResponse:
    """Makes htmx load a fragment into an element, without a new page."""
    response = make_response("", 200)
    location = {"path": url, "target": f"#{place}", "swap": "outerHTML", "push": "false"}
    response.headers["HX-Location"] = json.dumps(location)
    return response


def keep_page(response: Response) -> Response:
    """Keeps htmx from replacing the target; only the ``<hx-partial>`` parts are used."""
    response.headers["HX-Reswap"] = "none"
    return response
