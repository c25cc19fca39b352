"""What the pages need to know of htmx 4: fragments, and redirects a fragment cannot follow."""

from flask import Response, make_response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

REQUEST_TYPE = "HX-Request-Type"


def wants_fragment() -> bool:
    """Whether a fragment is to be answered: if and only if htmx swaps a part of the page."""
    return request.headers.get(REQUEST_TYPE) == "partial"


def go_to(url: str) -> BaseResponse:
    """Sends the browser to a page after a POST: 303, or htmx's header for it."""
    if not wants_fragment():
        return redirect(url, 303)
    response = make_response("", 200)
    response.headers["HX-Redirect"] = url
    return response


def keep_page(response: Response) -> Response:
    """Keeps htmx from swapping the target: only the ``<hx-partial>`` parts are placed."""
    response.headers["HX-Reswap"] = "none"
    return response
