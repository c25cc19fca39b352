"""What the pages need to know of htmx 4: fragments, and redirects a fragment cannot follow."""

import json
import re

from flask import Response, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

REQUEST_TYPE = "HX-Request-Type"


def wants_fragment() -> bool:
    """Whether a fragment is to be answered: if and only if htmx swaps a part of the page."""
    return request.headers.get(REQUEST_TYPE) == "partial"


def part_of(page: str) -> str:
    """The template to answer with: the page, or the fragment ``_name`` beside it."""
    folder, _, name = page.rpartition("/")
    return f"{folder}/_{name}" if wants_fragment() else page


def go_to(url: str) -> BaseResponse:
    """Sends the browser to a page after a POST: 303, or htmx's header for it."""
    if not wants_fragment():
        return redirect(url, 303)
    response = make_response("", 200)
    response.headers["HX-Redirect"] = url
    return response


def htmx_place() -> str | None:
    """The id of the element that htmx is about to replace, when it has a plain one."""
    match = re.fullmatch(r"[a-z]+#([a-z][a-z0-9-]{0,60})", request.headers.get("HX-Target", ""))
    return match.group(1) if match else None


def load_into(url: str, place: str) -> BaseResponse:
    """Has htmx fetch a fragment into an element, without a new page."""
    response = make_response("", 200)
    location = {"path": url, "target": f"#{place}", "swap": "outerHTML", "push": "false"}
    response.headers["HX-Location"] = json.dumps(location)
    return response


def keep_page(response: Response) -> Response:
    """Keeps htmx from swapping the target: only the ``<hx-partial>`` parts are placed."""
    response.headers["HX-Reswap"] = "none"
    return response
