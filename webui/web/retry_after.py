"""Responses to an attempt that must wait: 429, the time, and Retry-After (RFC 6585, 4)."""

from flask import Flask, Response, make_response

from webui.rate_limits.throttle import TooMany
from webui.values.durations import in_words, whole_seconds
from webui.web.errors import error_page, typed


def init_retry_after(app: Flask) -> None:
    """Registers the page for a TooMany that a view does not catch."""
    app.register_error_handler(TooMany, _page)


def wait_in_words(refusal: TooMany) -> str:
    """Returns the message for the person."""
    return f"Too many attempts. Wait {in_words(refusal.wait)}, then try again."


def too_many(page: str | Response, refusal: TooMany) -> Response:
    """Returns the page with status 429 and Retry-After."""
    response = make_response(page, 429)
    response.headers["Retry-After"] = str(whole_seconds(refusal.wait))
    return response


def _page(refusal: TooMany) -> Response:
    detail = f"Wait {in_words(refusal.wait)}, then try again."
    return too_many(error_page(429, detail, again=typed()), refusal)
