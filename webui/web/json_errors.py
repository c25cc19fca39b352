"""Errors as JSON: ``{"detail": [{"loc", "msg", "type", "input"}]}``, one item per field."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response

from webui.core.catalogue import FIELDS
from webui.core.field_types import Secret

KINDS = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    412: "precondition_failed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "too_many_requests",
    503: "unavailable",
}
WORDS = {
    400: "The request cannot be read.",
    403: "The account of this token may not do this.",
    404: "There is nothing at this address, or it is not yours.",
    405: "This method is not possible here. The header Allow lists those that are.",
    413: "The body is too large.",
    429: "Too many requests. Wait as long as Retry-After says.",
    503: "The database did not answer. Read again before you repeat a change.",
}
BROKEN = "Something broke on our side. Read again before you repeat a change."
_ECHOED = (str, int, float, bool, type(None))
_LONGEST_ECHO = 500

Problem = dict[str, Any]


def problem(loc: Sequence[str | int], msg: str, kind: str, **given: Any) -> Problem:
    """Returns one item of ``detail``; ``input=`` is what was sent, left out when secret or long."""
    item: Problem = {"loc": list(loc), "msg": msg, "type": kind}
    if "input" in given and _may_echo(loc, given["input"]):
        item["input"] = given["input"]
    return item


def json_error(
    status: int, problems: str | Sequence[Problem], headers: Mapping[str, str] | None = None
) -> Response:
    """Returns the response of an error; a text is the only item, about the request as a whole."""
    if isinstance(problems, str):
        problems = [problem(["request"], problems, KINDS.get(status, "internal_error"))]
    # Escapes of everything that is not ASCII: an echoed lone surrogate has no UTF-8.
    response = Response(json.dumps({"detail": list(problems)}), status, mimetype="application/json")
    response.headers.update(headers or {})
    return response


def _may_echo(loc: Sequence[str | int], value: Any) -> bool:
    if any(isinstance(FIELDS.get(str(name)), Secret) for name in loc):
        return False
    return isinstance(value, _ECHOED) and len(str(value)) <= _LONGEST_ECHO
