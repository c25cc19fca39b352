"""Reads the JSON body of a request, strictly (RFC 8259, RFC 7493).

A parser that is lenient in another way than the next one makes two programs see two requests:
duplicate keys, NaN and numbers that do not fit are refused (ASVS 5.0, 1.5.2).
"""

import json
from typing import Any

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from webui.api.problems import Refused
from webui.web.json_errors import problem

_LONGEST_NUMBER = 32


class _Broken(ValueError):
    """The text is no JSON that every reader understands alike."""


def json_body() -> Any:
    """Returns the body's value. Raises Refused with 413, 415 or 422."""
    if request.mimetype != "application/json" or not _is_utf_8():
        raise Refused(415, "Send JSON: Content-Type: application/json, in UTF-8.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refused(415, "Send the body without compression.", {"Accept-Encoding": "identity"})
    try:
        text = request.get_data(cache=False).decode("utf-8")
        return json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
            parse_int=_number(int),
            parse_float=_number(float),
        )
    except RequestEntityTooLarge:
        raise
    except UnicodeDecodeError:
        raise _refused("The body is not UTF-8.") from None
    except RecursionError:
        raise _refused("The body is nested too deeply.") from None
    except json.JSONDecodeError as error:
        raise _refused(f"Not JSON: {error.msg} at character {error.pos}.") from None
    except _Broken as error:
        raise _refused(str(error)) from None


def _is_utf_8() -> bool:
    return request.mimetype_params.get("charset", "utf-8").lower() in ("utf-8", "utf8")


def _refused(words: str) -> Refused:
    return Refused(422, [problem(["body"], words, "json_invalid")])


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Broken("A key appears twice in an object.")
    return found


def _no_constant(_name: str) -> None:
    raise _Broken("NaN and Infinity are not JSON.")


def _number(kind: Any) -> Any:
    def parse(digits: str) -> Any:
        if len(digits) > _LONGEST_NUMBER:
            raise _Broken(f"A number has more than {_LONGEST_NUMBER} characters.")
        value = kind(digits)
        if value in (float("inf"), float("-inf")):
            raise _Broken("A number is too large.")
        return value

    return parse
