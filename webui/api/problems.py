"""Refusals of the API, and the JSON that they become."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response
from pydantic import ValidationError

from webui.web.json_errors import Problem, json_error, problem

MOST = 200
"""The most items of one error."""
_WORDS = {
    "missing": "This is needed.",
    "extra_forbidden": "This name is not known.",
    "bool_type": "Use true or false.",
    "int_type": "Use a whole number, without quotes or a fraction.",
    "string_type": "Use a text.",
    "string_unicode": "Use a text that has a form in UTF-8.",
    "list_type": "Use a list.",
    "dict_type": "Use a JSON object.",
    "model_type": "Use a JSON object.",
    "literal_error": "Use {expected}.",
    "greater_than_equal": "Use {ge:,} or more.",
    "less_than_equal": "Use {le:,} or less.",
    "string_too_long": "Use at most {max_length:,} characters.",
    "string_pattern_mismatch": "Use the form that the description of the API shows.",
    "too_short": "Use at least {min_length:,}.",
    "too_long": "Use at most {max_length:,}.",
}
"""pydantic's type -> our words; its own name classes and types of Python. Others stay as they are,
those of our own rules among them."""


class Refused(Exception):
    """The request is answered with an error; nothing was written."""

    def __init__(
        self,
        status: int,
        problems: str | Sequence[Problem],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"refused with {status}")
        self.status = status
        self.problems = problems
        self.headers = headers

    def response(self) -> Response:
        """Returns the error as JSON."""
        return json_error(self.status, self.problems, self.headers)


def of_validation(error: ValidationError, place: str) -> list[Problem]:
    """Returns one item per field for what pydantic found; ``place``: body, query or header.

    At most MOST: a body of thousands of wrong rows would get an answer many times its size.
    """
    first: dict[tuple[str | int, ...], Problem] = {}
    for found in error.errors(include_url=False):
        if len(first) == MOST:
            break
        loc = (place, *found["loc"])
        words = _words_of(found["type"], found["msg"], found.get("ctx", {}))
        # The value of an unknown field may be a secret whose name was misspelt.
        given = {} if found["type"] == "extra_forbidden" else {"input": found["input"]}
        first.setdefault(loc, problem(loc, words, found["type"], **given))
    return list(first.values())


def _words_of(kind: str, message: str, context: Mapping[str, Any]) -> str:
    ours = _WORDS.get(kind)
    return ours.format(**context) if ours else message.removeprefix("Value error, ")


def of_rules(errors: Mapping[str, str]) -> list[Problem]:
    """Returns an item per field that breaks a rule of several fields."""
    return [problem(["body", name], words, "rule") for name, words in errors.items()]
